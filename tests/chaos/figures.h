// Figures: what a fault did to the jobs, over all its runs, and the table of all of them.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "chaos/stores/stores.h"

namespace atelier::chaos {

using Steady = std::chrono::steady_clock;
using Seconds = std::chrono::duration<double>;

/// How much longer than a lease a recovery may take: processes must get their turn on a busy
/// machine. On an idle one it is the 20 ms in which the server looks for leases that ran out.
inline constexpr Seconds kSlack{1.5};

struct Figures {
  std::string fault;
  /// What counts as recovered, for a person.
  std::string recovery;
  Stores stores;
  Seconds lease{0};
  int runs = 0;
  /// Submits that were acknowledged.
  int jobs = 0;
  /// Those that are not there any more, or did not end as they should have.
  int lost = 0;
  /// Jobs whose end was recorded more than once, and requests that became two jobs.
  int recorded_twice = 0;
  Seconds longest_recovery{0};
  /// What else was counted, by name.
  std::map<std::string, int64_t> counts;
  /// What did not hold, in words.
  std::vector<std::string> broken;
  /// Why the fault could not be made on this machine; empty: it was.
  std::string skipped;

  /// `what` must be so: else it is among broken. Returns `holds`.
  bool Expect(bool holds, const std::string& what);
  /// A recovery took `time`; must be at most a lease and the slack.
  void Recovered(Seconds time, const std::string& what);
  /// This machine cannot make the fault; says so on stderr.
  void Skip(const std::string& why);
  /// Nothing lost, nothing twice, nothing broken, and something was tried unless it was skipped.
  bool Good() const;
  /// More runs of the same fault.
  void Add(const Figures& more);
};

std::string ToMarkdown(const std::vector<Figures>& all);
std::string ToJson(const std::vector<Figures>& all, uint64_t seed);

/// Prints the table and writes PATH.md and PATH.json, and their folder where it is missing. False
/// when that fails.
bool Report(const std::vector<Figures>& all, uint64_t seed, const std::filesystem::path& path);

}  // namespace atelier::chaos
