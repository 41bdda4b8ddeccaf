#include "chaos/faults.h"

namespace atelier::chaos {

const std::vector<Fault>& Faults() {
  static const std::vector<Fault> faults = {
      {"worker kill -9 mid-step", "its jobs left the dead attempt", 2, &KillWorkers},
      {"generation worker kill -9 mid-step", "its jobs left the dead attempt", 1, &KillRealWorkers},
      {"rollout of workers and server", "the next server acknowledged a submit", 1, &RollOut},
      {"worker stalled past its lease", "its jobs left the stalled attempt", 2, &StallWorkers},
      {"generation worker stalled past its lease", "its jobs left the stalled attempt", 1,
       &StallRealWorkers},
      {"poison job", "the jobs of each worker it killed left the dead attempt", 1, &PoisonWorkers},
      {"server kill -9 in submits", "the restarted server acknowledged a submit", 8,
       &KillServerInSubmits},
      {"server kill -9 in watches", "every watcher had the next event", 3, &KillServerInWatches},
      {"disk full in submits", "with room again, every refused submit was acknowledged", 3,
       &FillDiskInSubmits},
      {"disk full in results", "with room again, every job ended", 2, &FillDiskInResults},
      {"single writes fail, each in its turn", "every refused submit was acknowledged", 1,
       &FailEveryWrite},
      {"root is read-only", "nothing had to recover", 1, &MakeRootReadOnly},
      {"pose or region away", "with the service back, jobs were taken", 1, &TakeServicesAway},
      {"dead connection by a network namespace", "its jobs left the attempt that was cut off", 1,
       &CutNetwork},
      {"wall clock jumps by an hour", "a killed worker's jobs left the dead attempt", 1,
       &JumpClock},
      {"results sent twice and late", "a silent worker's job was leased anew", 3, &CompleteTwice},
  };
  return faults;
}

Figures Make(const Fault& fault, const Setting& setting) {
  Figures figures;
  figures.fault = fault.name;
  figures.recovery = fault.recovery;
  fault.make(setting, figures);
  return figures;
}

}  // namespace atelier::chaos
