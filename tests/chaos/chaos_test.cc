// Every fault a few times: what `./dev chaos` does for minutes.
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

}  // namespace

TEST_CASE("Whatever dies, stalls, fills up or jumps, no job is lost and none ends twice",
          "[chaos]") {
  std::vector<Figures> all;
  for (const Fault& fault : Faults()) {
    INFO(fault.name);
    all.push_back(Make(fault, {Seed(), fault.few_runs}));
    const Figures& figures = all.back();
    for (const std::string& what : figures.broken) UNSCOPED_INFO(what);
    if (!figures.skipped.empty()) WARN(fault.name << " was skipped: " << figures.skipped);
    CHECK(figures.lost == 0);
    CHECK(figures.recorded_twice == 0);
    CHECK(figures.longest_recovery <= figures.lease + kSlack);
    CHECK(figures.Good());
  }
  CHECK(Report(all, Seed(), ATELIER_CHAOS_REPORT));
}

}  // namespace atelier::chaos
