#include "chaos/figures.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>

namespace atelier::chaos {

bool Figures::Expect(bool holds, const std::string& what) {
  if (!holds) {
    broken.push_back(what);
    std::fprintf(stderr, "chaos: %s: %s\n", fault.c_str(), what.c_str());
  }
  return holds;
}

void Figures::Recovered(Seconds time, const std::string& what) {
  longest_recovery = std::max(longest_recovery, time);
  const Seconds limit = lease + kSlack;
  Expect(time <= limit,
         fmt::format("{}: {:.2f} s, more than {:.2f} s", what, time.count(), limit.count()));
}

void Figures::Skip(const std::string& why) {
  skipped = why;
  std::fprintf(stderr, "chaos: %s: SKIPPED: %s\n", fault.c_str(), why.c_str());
}

bool Figures::Good() const {
  const bool tried = (runs > 0 && jobs > 0) || !skipped.empty();
  return lost == 0 && recorded_twice == 0 && broken.empty() && tried;
}

void Figures::Add(const Figures& more) {
  runs += more.runs;
  jobs += more.jobs;
  lost += more.lost;
  recorded_twice += more.recorded_twice;
  longest_recovery = std::max(longest_recovery, more.longest_recovery);
  for (const auto& [name, count] : more.counts) counts[name] += count;
  if (skipped.empty()) skipped = more.skipped;
  broken.insert(broken.end(), more.broken.begin(), more.broken.end());
}

std::string ToMarkdown(const std::vector<Figures>& all) {
  std::string text =
      "| fault | jobs and pictures in | runs | jobs | lost | recorded twice | longest recovery, s "
      "| lease, s |\n"
      "|---|---|---|---|---|---|---|---|\n";
  for (const Figures& one : all) {
    text += fmt::format("| {} | {} | {} | {} | {} | {} | {:.2f} | {:.1f} |\n", one.fault,
                        one.stores.Name(), one.runs, one.jobs, one.lost, one.recorded_twice,
                        one.longest_recovery.count(), one.lease.count());
  }
  text += "\n";
  for (const Figures& one : all) {
    text += fmt::format("- {} ({}): recovered = {}.", one.fault, one.stores.Name(), one.recovery);
    for (const auto& [name, count] : one.counts) text += fmt::format(" {}: {}.", name, count);
    text += "\n";
    if (!one.skipped.empty()) text += "  - SKIPPED: " + one.skipped + "\n";
    for (const std::string& what : one.broken) text += "  - BROKEN: " + what + "\n";
  }
  return text;
}

std::string ToJson(const std::vector<Figures>& all, uint64_t seed) {
  nlohmann::json faults = nlohmann::json::array();
  for (const Figures& one : all) {
    faults.push_back({{"fault", one.fault},
                      {"stores", one.stores.Name()},
                      {"recovery", one.recovery},
                      {"runs", one.runs},
                      {"jobs", one.jobs},
                      {"lost", one.lost},
                      {"recorded_twice", one.recorded_twice},
                      {"longest_recovery_seconds", one.longest_recovery.count()},
                      {"lease_seconds", one.lease.count()},
                      {"counts", one.counts},
                      {"skipped", one.skipped},
                      {"broken", one.broken}});
  }
  return nlohmann::json{{"seed", seed}, {"slack_seconds", kSlack.count()}, {"faults", faults}}.dump(
      2);
}

bool Report(const std::vector<Figures>& all, uint64_t seed, const std::filesystem::path& path) {
  const std::string table = ToMarkdown(all);
  std::printf("\n%s\n", table.c_str());
  std::fflush(stdout);
  std::error_code error;
  if (path.has_parent_path()) std::filesystem::create_directories(path.parent_path(), error);
  std::ofstream markdown(path.string() + ".md");
  markdown << table;
  std::ofstream json(path.string() + ".json");
  json << ToJson(all, seed) << "\n";
  return markdown.good() && json.good();
}

}  // namespace atelier::chaos
