// Every fault a few times: what `./dev chaos` does for minutes.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <string>
#include <vector>

#include "chaos/faults.h"

namespace atelier::chaos {
namespace {

uint64_t Seed() {
  const char* seed = std::getenv("ATELIER_CHAOS_SEED");
  return seed == nullptr ? 1 : std::strtoull(seed, nullptr, 10);
}

// At most `most_runs` of each.
void MakeAll(const std::vector<Fault>& faults, const Stores& stores, const std::string& report,
             int most_runs) {
  std::vector<Figures> all;
  for (const Fault& fault : faults) {
    INFO(fault.name);
    all.push_back(Make(fault, stores, {Seed(), std::min(fault.few_runs, most_runs)}));
    const Figures& figures = all.back();
    for (const std::string& what : figures.broken) UNSCOPED_INFO(what);
    if (!figures.skipped.empty()) WARN(fault.name << " was skipped: " << figures.skipped);
    CHECK(figures.lost == 0);
    CHECK(figures.recorded_twice == 0);
    CHECK(figures.longest_recovery <= figures.lease + kSlack);
    CHECK(figures.Good());
  }
  CHECK(Report(all, Seed(), report));
}

}  // namespace

TEST_CASE("Whatever dies, stalls, fills up or jumps, no job is lost and none ends twice",
          "[chaos]") {
  MakeAll(FaultsOver({}), {}, ATELIER_CHAOS_REPORT, 8);
}

// Over a PostgreSQL and a SeaweedFS that it starts; a fault for which one of them is missing says
// SKIPPED and why. `./dev chaos --store postgres --pictures s3` makes all of them, and more often.
TEST_CASE("Whatever becomes of servers that share PostgreSQL and S3, no job is lost or ends twice",
          "[chaos]") {
  const Stores shared{.postgres = true, .s3 = true};
  std::vector<Fault> telling;
  for (const Fault& fault : FaultsOver(shared))
    if (fault.telling) telling.push_back(fault);
  MakeAll(telling, shared, ATELIER_CHAOS_REPORT "-shared", 1);
}

}  // namespace atelier::chaos
