#include "server/jobs/job_feed.h"

#include <algorithm>
#include <utility>

namespace atelier::server {
namespace {

// Room for the progress of one attempt: twice 200 steps, and some.
constexpr int kProgressBits = 12;

// A server that never saw the steps before gives a step the same number.
int NumberOf(const v1::JobProgress& progress) {
  if (progress.steps() <= 0) return 1;
  const int number = 2 + 2 * std::max(progress.step(), 0) + (progress.preview().empty() ? 0 : 1);
  return std::min(number, (1 << kProgressBits) - 1);
}

}  // namespace

int64_t EventId(const JobRecord& job, int progress_number) {
  return (job.revision << kProgressBits) + (job.state == JobState::kRunning ? progress_number : 0);
}

int64_t RevisionOf(int64_t event_id) { return event_id >> kProgressBits; }

JobFeed::Subscription::Subscription(JobFeed& feed, std::string id)
    : feed_(feed), id_(std::move(id)), entry_([&] {
        const MutexLock lock(feed_.mutex_);
        auto entry = feed_.EntryOf(id_);
        ++entry->watchers;
        return entry;
      }()) {
  const MutexLock lock(feed_.mutex_);
  seen_version_ = entry_->version;
}

JobFeed::Subscription::~Subscription() {
  const MutexLock lock(feed_.mutex_);
  --entry_->watchers;
  feed_.DropIfIdle(id_);
}

bool JobFeed::Subscription::Wait(std::chrono::milliseconds timeout) {
  MutexLock lock(feed_.mutex_);
  entry_->changed.WaitFor(lock, timeout, [&] { return entry_->version != seen_version_; });
  return std::exchange(seen_version_, entry_->version) != entry_->version;
}

LiveProgress JobFeed::Subscription::TakeProgress() {
  const MutexLock lock(feed_.mutex_);
  LiveProgress live = entry_->live;
  if (entry_->preview_version == seen_preview_) live.progress.clear_preview();
  seen_preview_ = entry_->preview_version;
  return live;
}

std::shared_ptr<JobFeed::Entry> JobFeed::EntryOf(const std::string& id) {
  auto& entry = entries_[id];
  if (!entry) entry = std::make_shared<Entry>();
  return entry;
}

void JobFeed::Bump(Entry& entry) {
  ++entry.version;
  entry.changed.NotifyAll();
}

void JobFeed::DropIfIdle(const std::string& id) {
  const auto found = entries_.find(id);
  if (found == entries_.end() || found->second->watchers > 0) return;
  const Entry& entry = *found->second;
  const bool knows = entry.cancel_requested || entry.live.number > 0;
  if (entry.final || !knows) entries_.erase(found);
}

void JobFeed::Changed(const JobRecord& job) {
  const MutexLock lock(mutex_);
  if (job.state == JobState::kQueued) {
    ++queue_generation_;
    queued_.NotifyAll();
  }
  const bool known = entries_.contains(job.id);
  if (!known && !job.cancel_requested) return;
  const auto entry = EntryOf(job.id);
  if (job.cancel_requested) entry->cancel_requested = true;
  if (job.state == JobState::kQueued) entry->live = {};
  if (IsFinal(job.state)) entry->final = true;
  Bump(*entry);
  DropIfIdle(job.id);
}

void JobFeed::Progress(const std::string& id, const v1::JobProgress& progress) {
  const MutexLock lock(mutex_);
  const auto entry = EntryOf(id);
  LiveProgress& live = entry->live;
  live.progress = progress;
  live.number = std::max(live.number, NumberOf(progress));
  Bump(*entry);
  if (!progress.preview().empty()) entry->preview_version = entry->version;
}

void JobFeed::Forget(const std::string& id) {
  const MutexLock lock(mutex_);
  const auto found = entries_.find(id);
  if (found == entries_.end()) return;
  const Entry& entry = *found->second;
  if (entry.watchers == 0 && !entry.cancel_requested) entries_.erase(found);
}

LiveProgress JobFeed::LastProgress(const std::string& id) {
  const MutexLock lock(mutex_);
  const auto found = entries_.find(id);
  if (found == entries_.end()) return {};
  LiveProgress live = found->second->live;
  live.progress.clear_preview();
  return live;
}

bool JobFeed::CancelRequested(const std::string& id) {
  const MutexLock lock(mutex_);
  const auto found = entries_.find(id);
  return found != entries_.end() && found->second->cancel_requested;
}

uint64_t JobFeed::queue_generation() {
  const MutexLock lock(mutex_);
  return queue_generation_;
}

void JobFeed::WaitForQueued(uint64_t seen, std::chrono::milliseconds timeout) {
  MutexLock lock(mutex_);
  queued_.WaitFor(lock, timeout, [&]() REQUIRES(mutex_) { return queue_generation_ != seen; });
}

}  // namespace atelier::server
