#include "server/jobs/job_feed.h"

#include <utility>

namespace atelier::server {

JobFeed::Subscription::Subscription(JobFeed& feed, std::string id)
    : feed_(feed), id_(std::move(id)), entry_([&] {
        const std::lock_guard lock(feed_.mutex_);
        auto entry = feed_.EntryOf(id_);
        ++entry->watchers;
        return entry;
      }()) {
  const std::lock_guard lock(feed_.mutex_);
  seen_version_ = entry_->version;
}

JobFeed::Subscription::~Subscription() {
  const std::lock_guard lock(feed_.mutex_);
  --entry_->watchers;
  // An entry nothing was ever told of belongs to a job that was final, or never was.
  const bool idle = entry_->final || entry_->version == 0;
  if (entry_->watchers == 0 && idle) feed_.entries_.erase(id_);
}

bool JobFeed::Subscription::Wait(std::chrono::milliseconds timeout) {
  std::unique_lock lock(feed_.mutex_);
  entry_->changed.wait_for(lock, timeout, [&] { return entry_->version != seen_version_; });
  return std::exchange(seen_version_, entry_->version) != entry_->version;
}

v1::JobProgress JobFeed::Subscription::TakeProgress() {
  const std::lock_guard lock(feed_.mutex_);
  v1::JobProgress progress = entry_->progress;
  if (entry_->preview_version == seen_preview_) progress.clear_preview();
  seen_preview_ = entry_->preview_version;
  return progress;
}

std::shared_ptr<JobFeed::Entry> JobFeed::EntryOf(const std::string& id) {
  auto& entry = entries_[id];
  if (!entry) entry = std::make_shared<Entry>();
  return entry;
}

void JobFeed::Bump(Entry& entry) {
  ++entry.version;
  entry.changed.notify_all();
}

void JobFeed::Changed(const JobRecord& job) {
  const std::lock_guard lock(mutex_);
  const auto entry = EntryOf(job.id);
  if (job.cancel_requested) entry->cancel_requested = true;
  if (job.state == JobState::kQueued) {
    entry->progress.Clear();
    ++queue_generation_;
    queued_.notify_all();
  }
  if (IsFinal(job.state)) entry->final = true;
  Bump(*entry);
  if (entry->final && entry->watchers == 0) entries_.erase(job.id);
}

void JobFeed::Progress(const std::string& id, const v1::JobProgress& progress) {
  const std::lock_guard lock(mutex_);
  const auto entry = EntryOf(id);
  entry->progress = progress;
  Bump(*entry);
  if (!progress.preview().empty()) entry->preview_version = entry->version;
}

v1::JobProgress JobFeed::LastProgress(const std::string& id) {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(id);
  if (found == entries_.end()) return {};
  v1::JobProgress progress = found->second->progress;
  progress.clear_preview();
  return progress;
}

bool JobFeed::CancelRequested(const std::string& id) {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(id);
  return found != entries_.end() && found->second->cancel_requested;
}

uint64_t JobFeed::queue_generation() {
  const std::lock_guard lock(mutex_);
  return queue_generation_;
}

void JobFeed::WaitForQueued(uint64_t seen, std::chrono::milliseconds timeout) {
  std::unique_lock lock(mutex_);
  queued_.wait_for(lock, timeout, [&] { return queue_generation_ != seen; });
}

}  // namespace atelier::server
