// atelier-chaos: makes faults in the real processes for as long as it is told, and says what became
// of the jobs.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include "base/version.h"
#include "chaos/faults.h"

namespace atelier::chaos {
namespace {

struct Flags {
  uint64_t seed = 1;
  double minutes = 10;
  std::string only;
  std::string store = "sqlite";
  std::string pictures = "folder";
  std::string out = "out/chaos";
};

int Run(const Flags& flags) {
  std::vector<Figures> all;
  const auto end = Steady::now() + std::chrono::duration<double, std::ratio<60>>(flags.minutes);
  uint64_t seed = flags.seed;
  const Stores stores{.postgres = flags.store == "postgres", .s3 = flags.pictures == "s3"};
  // Whole rounds: each fault has its turn, however little time there is.
  do {
    size_t row = 0;
    for (const Fault& fault : FaultsOver(stores)) {
      if (fault.name.find(flags.only) == std::string::npos) continue;
      const auto begin = Steady::now();
      const Figures figures = Make(fault, stores, {seed, fault.few_runs});
      std::printf("seed %llu, %.1f s, %s: %s\n", static_cast<unsigned long long>(seed),
                  Seconds(Steady::now() - begin).count(),
                  !figures.Good()           ? "BROKEN"
                  : figures.skipped.empty() ? "good"
                                            : "SKIPPED",
                  fault.name.c_str());
      std::fflush(stdout);
      if (row == all.size()) {
        all.push_back(figures);
      } else {
        all[row].Add(figures);
      }
      ++row;
    }
    ++seed;
  } while (Steady::now() < end && !all.empty());
  if (!Report(all, flags.seed, flags.out)) std::fprintf(stderr, "cannot write the report\n");
  const bool good = std::all_of(all.begin(), all.end(), [](const Figures& f) { return f.Good(); });
  return good && !all.empty() ? 0 : 1;
}

}  // namespace
}  // namespace atelier::chaos

int main(int argc, char** argv) {
  atelier::chaos::Flags flags;
  CLI::App app("Makes faults in the real processes and says what became of the jobs");
  app.set_version_flag("--version", std::string("atelier-chaos ") + atelier::kVersion,
                       "Print the version and end");
  app.add_option("--seed", flags.seed, "Of the first round; each round has the next")
      ->capture_default_str();
  app.add_option("--minutes", flags.minutes, "Rounds begin until then")
      ->check(CLI::Range(0.0, 10000.0))
      ->capture_default_str();
  app.add_option("--only", flags.only, "Faults whose name holds this text");
  app.add_option("--store", flags.store, "Where jobs are kept")
      ->check(CLI::IsMember({"sqlite", "postgres"}))
      ->capture_default_str();
  app.add_option("--pictures", flags.pictures, "Where pictures are kept")
      ->check(CLI::IsMember({"folder", "s3"}))
      ->capture_default_str();
  app.add_option("--out", flags.out, "Report: this path with .md and .json")->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  return atelier::chaos::Run(flags);
}
