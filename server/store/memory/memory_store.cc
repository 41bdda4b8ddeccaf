#include "server/store/memory/memory_store.h"

#include <algorithm>
#include <iterator>

namespace atelier::server {

Result<JobStore::Inserted> MemoryStore::Insert(const JobRecord& job, int64_t max_queued) {
  const std::lock_guard lock(mutex_);
  if (!job.request_id.empty()) {
    const auto found = by_request_.find(job.request_id);
    if (found != by_request_.end()) {
      const JobRecord& older = jobs_.at(found->second);
      if (older.request_hash != job.request_hash) return RequestIdReused(job.request_id);
      return Inserted{older, true};
    }
  }
  if (static_cast<int64_t>(queued_.size()) >= max_queued) return QueueFull(max_queued);
  JobRecord added = job;
  added.sequence = ++last_sequence_;
  by_id_[added.id] = added.sequence;
  if (!added.request_id.empty()) by_request_[added.request_id] = added.sequence;
  Replace(added);
  return Inserted{added, false};
}

void MemoryStore::Replace(const JobRecord& job) {
  jobs_[job.sequence] = job;
  queued_.erase(job.sequence);
  running_.erase(job.sequence);
  if (job.state == JobState::kQueued) queued_.insert(job.sequence);
  if (job.state == JobState::kRunning) running_.insert(job.sequence);
}

Result<JobRecord> MemoryStore::Get(const std::string& id) {
  const std::lock_guard lock(mutex_);
  const auto found = by_id_.find(id);
  if (found == by_id_.end()) return JobNotFound(id);
  return jobs_.at(found->second);
}

Result<std::optional<JobRecord>> MemoryStore::FindRequest(const std::string& request_id) {
  const std::lock_guard lock(mutex_);
  const auto found = by_request_.find(request_id);
  if (found == by_request_.end()) return std::optional<JobRecord>();
  return std::optional<JobRecord>(jobs_.at(found->second));
}

Result<std::vector<JobRecord>> MemoryStore::List(int limit, int64_t before_sequence) {
  const std::lock_guard lock(mutex_);
  std::vector<JobRecord> page;
  for (auto it = jobs_.lower_bound(before_sequence);
       it != jobs_.begin() && static_cast<int>(page.size()) < limit;) {
    --it;
    page.push_back(it->second);
  }
  return page;
}

Result<std::vector<JobRecord>> MemoryStore::ListRunning() {
  const std::lock_guard lock(mutex_);
  std::vector<JobRecord> running;
  for (const int64_t sequence : running_) running.push_back(jobs_.at(sequence));
  return running;
}

Result<JobStore::Counts> MemoryStore::Count() {
  const std::lock_guard lock(mutex_);
  return Counts{static_cast<int64_t>(queued_.size()), static_cast<int64_t>(running_.size())};
}

Result<int64_t> MemoryStore::CountAhead(int64_t sequence) {
  const std::lock_guard lock(mutex_);
  return std::distance(queued_.begin(), queued_.lower_bound(sequence));
}

Result<JobRecord> MemoryStore::Update(const std::string& id, const Mutation& mutate) {
  const std::lock_guard lock(mutex_);
  const auto found = by_id_.find(id);
  if (found == by_id_.end()) return JobNotFound(id);
  JobRecord job = jobs_.at(found->second);
  ATELIER_RETURN_IF_ERROR(mutate(job));
  Replace(job);
  return job;
}

Result<std::vector<JobRecord>> MemoryStore::TakeQueued(const std::vector<std::string>& models,
                                                       int max_jobs, const Mutation& mutate) {
  const std::lock_guard lock(mutex_);
  std::vector<JobRecord> taken;
  for (const int64_t sequence : queued_) {
    if (static_cast<int>(taken.size()) >= max_jobs) break;
    const JobRecord& job = jobs_.at(sequence);
    const bool fits = taken.empty()
                          ? std::find(models.begin(), models.end(), job.model) != models.end()
                          : job.batch_key == taken.front().batch_key;
    if (fits) taken.push_back(job);
  }
  for (JobRecord& job : taken) ATELIER_RETURN_IF_ERROR(mutate(job));
  for (const JobRecord& job : taken) Replace(job);
  return taken;
}

Status MemoryStore::PutModel(const std::string& name, const std::string& model) {
  const std::lock_guard lock(mutex_);
  models_[name] = model;
  return {};
}

Result<std::vector<std::pair<std::string, std::string>>> MemoryStore::ListModels() {
  const std::lock_guard lock(mutex_);
  return std::vector<std::pair<std::string, std::string>>(models_.begin(), models_.end());
}

}  // namespace atelier::server
