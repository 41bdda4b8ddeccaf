#include "server/dispatch/lease_table.h"

namespace atelier::server {

LeaseTable::LeaseTable(const Clock& clock, std::chrono::milliseconds duration)
    : clock_(clock), duration_(duration) {}

void LeaseTable::Grant(const Lease& lease) {
  const std::lock_guard lock(mutex_);
  rows_[lease.job] = {lease, clock_.NowMonotonic() + duration_};
}

bool LeaseTable::Extend(const std::string& job, int64_t token) {
  const std::lock_guard lock(mutex_);
  Row* row = Find(job, token);
  if (!row) return false;
  row->deadline = clock_.NowMonotonic() + duration_;
  return true;
}

bool LeaseTable::Holds(const std::string& job, int64_t token) {
  const std::lock_guard lock(mutex_);
  return Find(job, token) != nullptr;
}

std::string LeaseTable::WorkerOf(const std::string& job) {
  const std::lock_guard lock(mutex_);
  const auto found = rows_.find(job);
  return found == rows_.end() ? std::string() : found->second.lease.worker;
}

LeaseTable::Load LeaseTable::LoadOf(const std::string& worker) {
  const std::lock_guard lock(mutex_);
  Load load;
  for (const auto& [job, row] : rows_) {
    if (row.lease.worker != worker) continue;
    load.any = true;
    load.alone = load.alone || row.lease.alone;
  }
  return load;
}

void LeaseTable::Remove(const std::string& job, int64_t token) {
  const std::lock_guard lock(mutex_);
  if (Find(job, token)) rows_.erase(job);
}

std::vector<Lease> LeaseTable::TakeExpired() {
  const std::lock_guard lock(mutex_);
  const Clock::Monotonic now = clock_.NowMonotonic();
  std::vector<Lease> expired;
  for (auto it = rows_.begin(); it != rows_.end();) {
    if (it->second.deadline > now) {
      ++it;
      continue;
    }
    expired.push_back(std::move(it->second.lease));
    it = rows_.erase(it);
  }
  return expired;
}

LeaseTable::Row* LeaseTable::Find(const std::string& job, int64_t token) {
  const auto found = rows_.find(job);
  if (found == rows_.end() || found->second.lease.token != token) return nullptr;
  return &found->second;
}

}  // namespace atelier::server
