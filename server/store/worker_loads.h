// WorkerLoads: which leases each worker holds, counted in memory, so that a call for work reads no
// rows. Stores keep it beside their rows and tell it of every committed change, in the order of the
// commits. Thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>

#include "base/mutex.h"
#include "server/store/job_record.h"

namespace atelier::server {

class WorkerLoads {
 public:
  /// `job` was committed as it is now. Only its sequence and its lease are read.
  void Changed(const JobRecord& job);
  /// JobStore::LoadOf.
  WorkerLoad Of(const std::string& worker) const;

 private:
  struct Holder {
    std::string worker;
    bool alone = false;
  };
  struct Count {
    int64_t leases = 0;
    int64_t alone = 0;
  };

  // Takes the job's lease, if it has one, out of the counts.
  void Remove(int64_t sequence) REQUIRES(mutex_);

  mutable Mutex mutex_;
  std::unordered_map<int64_t, Holder> holders_ GUARDED_BY(mutex_);    // By the job's sequence.
  std::unordered_map<std::string, Count> counts_ GUARDED_BY(mutex_);  // Of workers with leases.
};

}  // namespace atelier::server
