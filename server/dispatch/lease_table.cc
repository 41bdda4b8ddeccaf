#include "server/dispatch/lease_table.h"

#include <spdlog/spdlog.h>

#include <utility>

namespace atelier::server {
namespace {

std::shared_ptr<const LeasedWork> WorkOf(const JobRecord& job) {
  return std::make_shared<const LeasedWork>(LeasedWork{job.tenant, job.spec});
}

}  // namespace

LeaseTable::LeaseTable(JobStore& store, const QueueTime& time, std::chrono::milliseconds duration,
                       Truth truth)
    : store_(store), time_(time), duration_ms_(duration.count()), truth_(truth) {
  Pause();
}

int64_t LeaseTable::WriteBelowMs() const {
  return truth_ == Truth::kRows ? duration_ms_ - duration_ms_ / 8 : duration_ms_ / 2;
}

void LeaseTable::Pause() {
  const MutexLock lock(mutex_);
  judge_from_ms_ = time_.NowMs() + duration_ms_;
  seen_jumps_ = time_.jumps();
}

void LeaseTable::Begin(const JobRecord& job) {
  const int64_t deadline_ms = time_.NowMs() + duration_ms_;
  std::shared_ptr<const LeasedWork> work = WorkOf(job);
  const MutexLock lock(mutex_);
  rows_[job.id] = {*job.lease, std::move(work), deadline_ms, job.lease->deadline_ms, 0};
}

void LeaseTable::BeginAgain(const JobLease& lease) {
  const int64_t deadline_ms = time_.NowMs() + duration_ms_;
  const MutexLock lock(mutex_);
  rows_[lease.job] = {lease.lease, nullptr, deadline_ms, lease.lease.deadline_ms, 0};
}

Result<std::string> LeaseTable::Extend(const std::string& job, const std::string& token) {
  const int64_t now_ms = time_.NowMs();
  const int64_t deadline_ms = now_ms + duration_ms_;
  MutexLock lock(mutex_);
  Row* row = Find(job, token);
  if (!row) {
    lock.Unlock();
    ATELIER_ASSIGN_OR_RETURN(const JobRecord leased, ReadLeased(job, token));
    lock.Lock();
    row = &rows_[job];
    *row = {*leased.lease, WorkOf(leased), 0, leased.lease->deadline_ms, 0};
  }
  row->deadline_ms = deadline_ms;
  std::string worker = row->lease.worker;
  const int64_t written_ms = row->written_ms;
  if (written_ms - now_ms > WriteBelowMs() || now_ms < row->retry_ms) return worker;
  row->written_ms = deadline_ms;  // Whoever comes meanwhile leaves the write to this call.
  lock.Unlock();

  const Status written = store_.ExtendLease(job, token, deadline_ms);
  if (written) return worker;
  if (written.error().reason == kLeaseLostReason) {
    Remove(job, token);
    return Propagate(written.error());
  }
  spdlog::warn("job={} its lease lives on in memory alone: {}", job, written.error().message);
  lock.Lock();
  if (Row* still = Find(job, token)) {
    still->written_ms = written_ms;
    // Steps may be as fast as the disk's refusals.
    still->retry_ms = now_ms + duration_ms_ / 8;
  }
  return worker;
}

Status LeaseTable::Check(const std::string& job, const std::string& token) {
  {
    const MutexLock lock(mutex_);
    if (Find(job, token)) return {};
  }
  const Result<JobRecord> leased = ReadLeased(job, token);
  return leased ? Status() : Propagate(leased.error());
}

Result<std::shared_ptr<const LeasedWork>> LeaseTable::FindWork(const std::string& job,
                                                               const std::string& token) {
  {
    const MutexLock lock(mutex_);
    const Row* row = Find(job, token);
    if (row && row->work) return row->work;
  }
  ATELIER_ASSIGN_OR_RETURN(const JobRecord leased, ReadLeased(job, token));
  return WorkOf(leased);
}

Result<std::vector<JobLease>> LeaseTable::FindOf(const std::string& worker) {
  std::vector<JobLease> leases;
  if (truth_ == Truth::kRows) {
    ATELIER_ASSIGN_OR_RETURN(const std::vector<JobRecord> running, store_.ListRunning());
    for (const JobRecord& job : running) {
      if (job.lease && job.lease->worker == worker) leases.push_back({job.id, *job.lease});
    }
    return leases;
  }
  const MutexLock lock(mutex_);
  for (const auto& [job, row] : rows_) {
    if (row.lease.worker == worker) leases.push_back({job, row.lease});
  }
  return leases;
}

void LeaseTable::Forget(const std::string& job) {
  const MutexLock lock(mutex_);
  rows_.erase(job);
}

void LeaseTable::Remove(const std::string& job, const std::string& token) {
  const MutexLock lock(mutex_);
  if (Find(job, token)) rows_.erase(job);
}

Result<std::vector<JobLease>> LeaseTable::FindExpired() {
  const int64_t now_ms = time_.NowMs();
  Result<std::vector<JobLease>> expired = store_.ListExpiredLeases(now_ms);
  if (!expired) {
    Pause();
    return expired;
  }
  MutexLock lock(mutex_);
  if (truth_ == Truth::kRows) {
    if (seen_jumps_ != time_.jumps()) {
      lock.Unlock();
      Pause();
      lock.Lock();
    }
    if (now_ms < judge_from_ms_) expired->clear();
  } else {
    std::erase_if(*expired, [&](const JobLease& row) REQUIRES(mutex_) {
      const Row* known = Find(row.job, row.lease.token);
      return known && known->deadline_ms > now_ms;
    });
  }
  // What was ended or extended through another server is read again when somebody asks for it.
  std::erase_if(rows_, [&](const auto& row) { return row.second.deadline_ms <= now_ms; });
  return expired;
}

LeaseTable::Row* LeaseTable::Find(const std::string& job, const std::string& token) {
  const auto found = rows_.find(job);
  if (found == rows_.end() || found->second.lease.token != token) return nullptr;
  return &found->second;
}

Result<JobRecord> LeaseTable::ReadLeased(const std::string& job, const std::string& token) {
  Result<JobRecord> record = store_.Get(job);
  if (!record && record.error().code == Code::kNotFound) return LeaseLost(job);
  if (!record) return record;
  if (!record->lease || record->lease->token != token) return LeaseLost(job);
  return record;
}

}  // namespace atelier::server
