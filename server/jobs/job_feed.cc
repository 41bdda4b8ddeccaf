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

JobFeed::Subscription::Subscription(JobFeed& feed, std::string id, std::function<void()> on_change)
    : feed_(feed), id_(std::move(id)), on_change_(std::move(on_change)), entry_([&] {
        const MutexLock lock(feed_.mutex_);
        auto entry = feed_.EntryOf(id_);
        entry->watchers.insert(this);
        return entry;
      }()) {}

JobFeed::Subscription::~Subscription() {
  const MutexLock lock(feed_.mutex_);
  entry_->watchers.erase(this);
  feed_.DropIfIdle(id_);
}

LiveProgress JobFeed::Subscription::Progress() const {
  const MutexLock lock(feed_.mutex_);
  return entry_->live;
}

std::shared_ptr<JobFeed::Entry> JobFeed::EntryOf(const std::string& id) {
  auto& entry = entries_[id];
  if (!entry) entry = std::make_shared<Entry>();
  return entry;
}

void JobFeed::Tell(const Entry& entry) {
  for (const Subscription* watcher : entry.watchers) watcher->on_change_();
}

void JobFeed::DropIfIdle(const std::string& id) {
  const auto found = entries_.find(id);
  if (found == entries_.end() || !found->second->watchers.empty()) return;
  const Entry& entry = *found->second;
  const bool knows = entry.cancel_requested || entry.live.number > 0;
  if (entry.final || !knows) entries_.erase(found);
}

void JobFeed::Changed(const JobRecord& job) {
  Changed(JobStanding{job.id, job.state, job.revision, job.cancel_requested});
}

void JobFeed::Changed(const JobStanding& job) {
  ++change_count_;
  const MutexLock lock(mutex_);
  if (job.state == JobState::kQueued) {
    ++queue_generation_;
    queued_.NotifyAll();
  }
  const bool known = entries_.contains(job.id);
  if (!known && (!job.cancel_requested || IsFinal(job.state))) return;
  const auto entry = EntryOf(job.id);
  if (job.revision < entry->revision) return;
  entry->revision = job.revision;
  if (job.cancel_requested) entry->cancel_requested = true;
  // A new attempt; a preview of the one before stays known as one that was told.
  if (job.state == JobState::kQueued) entry->live = {{}, 0, entry->live.preview_number};
  if (IsFinal(job.state)) entry->final = true;
  Tell(*entry);
  DropIfIdle(job.id);
}

void JobFeed::LookedUp(const JobStanding& job) {
  {
    const MutexLock lock(mutex_);
    const auto found = entries_.find(job.id);
    if (found == entries_.end()) return;
    const bool known = found->second->revision >= job.revision && !IsFinal(job.state);
    if (known) return;
  }
  Changed(job);
}

std::vector<std::string> JobFeed::Followed() {
  const MutexLock lock(mutex_);
  std::vector<std::string> ids;
  for (const auto& [id, entry] : entries_) ids.push_back(id);
  return ids;
}

void JobFeed::Vanished(const std::string& id) {
  const MutexLock lock(mutex_);
  const auto found = entries_.find(id);
  if (found == entries_.end()) return;
  found->second->final = true;
  Tell(*found->second);
  DropIfIdle(id);
}

bool JobFeed::IsWatched(const std::string& id) {
  const MutexLock lock(mutex_);
  const auto found = entries_.find(id);
  return found != entries_.end() && !found->second->watchers.empty();
}

void JobFeed::Progress(const std::string& id, const v1::JobProgress& progress) {
  const MutexLock lock(mutex_);
  const auto entry = EntryOf(id);
  LiveProgress& live = entry->live;
  live.progress = progress;
  live.number = std::max(live.number, NumberOf(progress));
  if (!progress.preview().empty()) ++live.preview_number;
  Tell(*entry);
}

void JobFeed::Forget(const std::string& id) {
  const MutexLock lock(mutex_);
  const auto found = entries_.find(id);
  if (found == entries_.end()) return;
  const Entry& entry = *found->second;
  if (entry.watchers.empty() && !entry.cancel_requested) entries_.erase(found);
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

void JobFeed::MoreMayRun() {
  const MutexLock lock(mutex_);
  ++queue_generation_;
  queued_.NotifyAll();
}

void JobFeed::WaitForQueued(uint64_t seen, std::chrono::milliseconds timeout) {
  MutexLock lock(mutex_);
  queued_.WaitFor(lock, timeout, [&]() REQUIRES(mutex_) { return queue_generation_ != seen; });
}

}  // namespace atelier::server
