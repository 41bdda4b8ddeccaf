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
       &FillDiskInSubmits, Where::kOwnDisk},
      {"disk full in results", "with room again, every job ended", 2, &FillDiskInResults,
       Where::kOwnDisk},
      {"single writes fail, each in its turn", "every refused submit was acknowledged", 1,
       &FailEveryWrite, Where::kOwnDisk},
      {"root is read-only", "nothing had to recover", 1, &MakeRootReadOnly},
      {"pose or region away", "with the service back, jobs were taken", 1, &TakeServicesAway},
      {"dead connection by a network namespace", "its jobs left the attempt that was cut off", 1,
       &CutNetwork},
      {"wall clock jumps by an hour", "a killed worker's jobs left the dead attempt", 1,
       &JumpClock},
      {"results sent twice and late", "a silent worker's job was leased anew", 3, &CompleteTwice},
      {"PostgreSQL killed in submits", "with it back, every client's submit was acknowledged", 2,
       &KillDatabase, Where::kPostgres},
      {"PostgreSQL's disk full", "with room again, every client's submit was acknowledged", 2,
       &FillDatabaseDisk, Where::kPostgres},
      {"connection cut between COMMIT and its answer", "every client's submit was acknowledged", 2,
       &CutAfterCommits, Where::kPostgres, true},
      {"PostgreSQL slow by 200 ms", "a submit was acknowledged", 1, &SlowDatabase,
       Where::kPostgres},
      {"PostgreSQL silent", "with it back, every client's submit was acknowledged", 1,
       &SilenceDatabase, Where::kPostgres},
      {"S3 kill -9", "with it back, every client's submit was acknowledged", 1, &KillS3,
       Where::kS3},
      {"S3 answers 503", "with it back, every client's submit was acknowledged", 1, &MakeS3Busy,
       Where::kS3},
      {"S3 cuts bodies in half", "with it back, a picture was read", 1, &CutS3Bodies, Where::kS3,
       true},
      {"one of three servers kill -9", "every client's submit was acknowledged", 1, &KillOneServer,
       Where::kSharedStores},
      {"one of three servers paused past its lease", "clients of the others were acknowledged", 1,
       &PauseOneServer, Where::kSharedStores, true},
      {"three servers replaced in turn", "every client's submit was acknowledged", 1,
       &ReplaceServers, Where::kSharedStores},
      {"three servers' clocks an hour apart", "a killed worker's jobs left the dead attempt", 1,
       &PartClocks, Where::kSharedStores},
      {"two collectors of pictures at once", "nothing had to recover", 1, &CollectTwice,
       Where::kSharedStores},
  };
  return faults;
}

std::vector<Fault> FaultsOver(const Stores& stores) {
  const auto fits = [&](Where where) {
    switch (where) {
      case Where::kEverywhere:
        return true;
      case Where::kOwnDisk:
        return !stores.postgres || !stores.s3;
      case Where::kPostgres:
        return stores.postgres;
      case Where::kS3:
        return stores.s3;
      case Where::kSharedStores:
        return stores.postgres && stores.s3;
    }
    return false;
  };
  std::vector<Fault> faults;
  for (const Fault& fault : Faults())
    if (fits(fault.where)) faults.push_back(fault);
  return faults;
}

Figures Make(const Fault& fault, const Stores& stores, const Setting& setting) {
  Figures figures;
  figures.stores = stores;
  figures.fault = fault.name;
  figures.recovery = fault.recovery;
  fault.make(setting, figures);
  return figures;
}

}  // namespace atelier::chaos
