#include "server/store/worker_loads.h"

namespace atelier::server {

void WorkerLoads::Changed(const JobRecord& job) {
  const MutexLock lock(mutex_);
  Remove(job.sequence);
  if (!job.lease) return;
  holders_[job.sequence] = {job.lease->worker, job.lease->alone};
  Count& count = counts_[job.lease->worker];
  ++count.leases;
  count.alone += job.lease->alone ? 1 : 0;
}

WorkerLoad WorkerLoads::Of(const std::string& worker) const {
  const MutexLock lock(mutex_);
  const auto found = counts_.find(worker);
  if (found == counts_.end()) return {};
  return {true, found->second.alone > 0};
}

void WorkerLoads::Remove(int64_t sequence) {
  const auto holder = holders_.find(sequence);
  if (holder == holders_.end()) return;
  const auto count = counts_.find(holder->second.worker);
  count->second.alone -= holder->second.alone ? 1 : 0;
  if (--count->second.leases == 0) counts_.erase(count);
  holders_.erase(holder);
}

}  // namespace atelier::server
