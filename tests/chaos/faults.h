// The faults: each is made in fresh processes, seeded, some number of times, and says what became
// of the jobs.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "chaos/figures.h"

namespace atelier::chaos {

struct Setting {
  uint64_t seed = 1;
  /// How often the fault is made.
  int runs = 1;
};

/// The stores over which a fault can be made.
enum class Where {
  kEverywhere,
  /// Where a server writes jobs or pictures to its own disk.
  kOwnDisk,
  kPostgres,
  kS3,
  /// Several servers need both.
  kSharedStores,
};

struct Fault {
  /// As in the table, and for picking one.
  std::string name;
  /// What recovery is measured to, for a person.
  std::string recovery;
  /// Enough for a look at every change of the code: seconds.
  int few_runs = 1;
  /// Makes the fault and writes what became of the jobs into `figures`.
  void (*make)(const Setting& setting, Figures& figures);
  Where where = Where::kEverywhere;
  /// Whether it is among the few for which there is time over shared stores at every change.
  bool telling = false;
};

const std::vector<Fault>& Faults();

/// Those that can be made over `stores`.
std::vector<Fault> FaultsOver(const Stores& stores);

/// Makes one fault over `stores`; never fails but in the figures.
Figures Make(const Fault& fault, const Stores& stores, const Setting& setting);

void KillWorkers(const Setting& setting, Figures& figures);
void KillRealWorkers(const Setting& setting, Figures& figures);
void RollOut(const Setting& setting, Figures& figures);
void StallWorkers(const Setting& setting, Figures& figures);
void StallRealWorkers(const Setting& setting, Figures& figures);
void PoisonWorkers(const Setting& setting, Figures& figures);
void KillServerInSubmits(const Setting& setting, Figures& figures);
void KillServerInWatches(const Setting& setting, Figures& figures);
void FillDiskInSubmits(const Setting& setting, Figures& figures);
void FillDiskInResults(const Setting& setting, Figures& figures);
void FailEveryWrite(const Setting& setting, Figures& figures);
void MakeRootReadOnly(const Setting& setting, Figures& figures);
void TakeServicesAway(const Setting& setting, Figures& figures);
void CutNetwork(const Setting& setting, Figures& figures);
void JumpClock(const Setting& setting, Figures& figures);
void CompleteTwice(const Setting& setting, Figures& figures);
void KillDatabase(const Setting& setting, Figures& figures);
void FillDatabaseDisk(const Setting& setting, Figures& figures);
void CutAfterCommits(const Setting& setting, Figures& figures);
void SlowDatabase(const Setting& setting, Figures& figures);
void SilenceDatabase(const Setting& setting, Figures& figures);
void KillS3(const Setting& setting, Figures& figures);
void MakeS3Busy(const Setting& setting, Figures& figures);
void CutS3Bodies(const Setting& setting, Figures& figures);
void KillOneServer(const Setting& setting, Figures& figures);
void PauseOneServer(const Setting& setting, Figures& figures);
void ReplaceServers(const Setting& setting, Figures& figures);
void PartClocks(const Setting& setting, Figures& figures);
void CollectTwice(const Setting& setting, Figures& figures);

}  // namespace atelier::chaos
