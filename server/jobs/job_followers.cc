#include "server/jobs/job_followers.h"

#include <algorithm>
#include <utility>

namespace atelier::server {
namespace {

using SteadyClock = std::chrono::steady_clock;

// Of the time, what looking at everybody may take: the rest is for what really happens.
constexpr int kLookShare = 4;

}  // namespace

bool JobFollowers::Inbox::Empty() const {
  return added.empty() && left.empty() && resumed.empty() && changed.empty() && !stopping;
}

JobFollowers::JobFollowers(JobQueue& queue, const Clock& clock, KeepWaiting keep_waiting,
                           Options options)
    : queue_(queue),
      clock_(clock),
      keep_waiting_(std::move(keep_waiting)),
      options_(options),
      thread_([this] { Run(); }) {}

JobFollowers::~JobFollowers() {
  {
    const MutexLock lock(mutex_);
    inbox_.stopping = true;
    happened_.NotifyAll();
  }
  thread_.join();
  // Before the mutex goes: until then the feed may still tell of changes.
  groups_.clear();
}

JobFollowers::Key JobFollowers::Follow(Request request, std::shared_ptr<JobListener> listener) {
  const MutexLock lock(mutex_);
  const Key key = ++last_key_;
  waiting_.emplace(key, request.job);
  ++waiting_count_[request.job];
  inbox_.added.push_back({key, std::move(request), std::move(listener)});
  happened_.NotifyAll();
  return key;
}

void JobFollowers::Resume(Key key) {
  const MutexLock lock(mutex_);
  inbox_.resumed.push_back(key);
  happened_.NotifyAll();
}

bool JobFollowers::Leave(Key key) {
  const MutexLock lock(mutex_);
  const auto found = waiting_.find(key);
  if (found == waiting_.end()) return false;
  const auto count = waiting_count_.find(found->second);
  const bool last = --count->second == 0;
  if (last) waiting_count_.erase(count);
  waiting_.erase(found);
  inbox_.left.insert(key);
  happened_.NotifyAll();
  return last;
}

bool JobFollowers::Waits(Key key) {
  const MutexLock lock(mutex_);
  return waiting_.contains(key);
}

bool JobFollowers::Forget(Key key) {
  const MutexLock lock(mutex_);
  const auto found = waiting_.find(key);
  if (found == waiting_.end()) return false;
  const auto count = waiting_count_.find(found->second);
  if (--count->second == 0) waiting_count_.erase(count);
  waiting_.erase(found);
  return true;
}

bool JobFollowers::IsAnyFollowed() {
  const MutexLock lock(mutex_);
  return !waiting_.empty();
}

bool JobFollowers::IsFollowed(const std::string& job) {
  const MutexLock lock(mutex_);
  return waiting_count_.contains(job);
}

void JobFollowers::OnChange(const std::string& job) {
  const MutexLock lock(mutex_);
  inbox_.changed.insert(job);
  happened_.NotifyAll();
}

JobFollowers::Inbox JobFollowers::TakeInbox() {
  MutexLock lock(mutex_);
  const auto happened = [this]() REQUIRES(mutex_) { return !inbox_.Empty(); };
  if (groups_.empty()) {
    happened_.Wait(lock, happened);
  } else {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(next_look_ - SteadyClock::now());
    happened_.WaitFor(lock, std::max(left, std::chrono::milliseconds(0)), happened);
  }
  return std::exchange(inbox_, Inbox());
}

void JobFollowers::Run() {
  while (true) {
    Inbox inbox = TakeInbox();
    if (inbox.stopping) return;
    for (const std::string& job : inbox.changed) {
      const auto found = groups_.find(job);
      if (found != groups_.end() && Look(job, found->second)) TellAll(job, found->second);
    }
    for (Added& added : inbox.added) {
      if (!inbox.left.contains(added.key)) Add(std::move(added));
    }
    for (const Key key : inbox.left) Remove(key);
    for (const Key key : inbox.resumed) ResumeFollower(key);
    const auto now = SteadyClock::now();
    if (now < next_look_) continue;
    LookAround();
    const auto took = SteadyClock::now() - now;
    next_look_ = now + std::max<SteadyClock::duration>(options_.look_interval, took * kLookShare);
  }
}

void JobFollowers::Add(Added added) {
  const std::string& job = added.request.job;
  const auto [found, is_new] = groups_.try_emplace(job);
  Group& group = found->second;
  // Subscribed before the job is read: no change is missed.
  if (is_new) {
    group.subscription =
        std::make_unique<JobFeed::Subscription>(queue_.feed(), job, [this, job] { OnChange(job); });
  }
  Follower& follower = group.followers[added.key];
  follower.listener = std::move(added.listener);
  follower.keep_alive = added.request.keep_alive;
  follower.may_follow = std::move(added.request.may_follow);
  follower.told = clock_.NowMonotonic();
  follower.last_event_id = added.request.after_event_id;
  job_of_key_.emplace(added.key, job);
  if (is_new && !Look(job, group)) return;
  if (Tell(added.key, follower, group.seen, false)) {
    End(added.key, follower, group.seen.job);
    Drop(job, group, added.key);
  }
}

void JobFollowers::Remove(Key key) {
  const auto found = job_of_key_.find(key);
  if (found == job_of_key_.end()) return;
  const std::string job = found->second;
  Drop(job, groups_.at(job), key);
}

void JobFollowers::ResumeFollower(Key key) {
  const auto found = job_of_key_.find(key);
  if (found == job_of_key_.end()) return;
  Group& group = groups_.at(found->second);
  Follower& follower = group.followers.at(key);
  follower.ready = true;
  if (!std::exchange(follower.behind, false) || !Tell(key, follower, group.seen, false)) return;
  const std::string job = found->second;
  End(key, follower, group.seen.job);
  Drop(job, group, key);
}

bool JobFollowers::MovedUp(const Group& group) {
  if (group.seen.job.state != JobState::kQueued) return false;
  const Result<int64_t> position = queue_.Position(group.seen.job);
  return !position || *position != group.seen.position;
}

void JobFollowers::LookAround() {
  const uint64_t changes = queue_.feed().change_count();
  const bool changed = std::exchange(seen_changes_, changes) != changes;
  const Clock::Monotonic now = clock_.NowMonotonic();
  std::vector<std::string> jobs;
  for (const auto& [job, group] : groups_) jobs.push_back(job);
  for (const std::string& job : jobs) {
    Group& group = groups_.at(job);
    if (const Status wait = keep_waiting_(group.seen.job.state); !wait) {
      EndAll(job, wait.error());
      continue;
    }
    if (!EndRefused(job, group)) continue;
    if (changed && MovedUp(group)) {
      if (!Look(job, group)) continue;
      TellAll(job, group);
      if (!groups_.contains(job)) continue;
    }
    for (auto& [key, follower] : group.followers) {
      const bool silent = follower.keep_alive.count() > 0 && follower.ready &&
                          now - follower.told >= follower.keep_alive;
      if (silent) Tell(key, follower, group.seen, true);
    }
  }
}

bool JobFollowers::EndRefused(const std::string& job, Group& group) {
  std::vector<Key> ended;
  for (const auto& [key, follower] : group.followers) {
    if (!follower.may_follow) continue;
    const Status may = follower.may_follow();
    if (may) continue;
    End(key, follower, Propagate(may.error()));
    ended.push_back(key);
  }
  for (const Key key : ended) Drop(job, group, key);
  return groups_.contains(job);
}

bool JobFollowers::Look(const std::string& job, Group& group) {
  const auto look = [&]() -> Result<Seen> {
    Seen seen;
    ATELIER_ASSIGN_OR_RETURN(seen.job, queue_.Get(job));
    seen.live = group.subscription->Progress();
    seen.event_id = EventId(seen.job, seen.live.number);
    ATELIER_ASSIGN_OR_RETURN(seen.position, queue_.Position(seen.job));
    return seen;
  };
  Result<Seen> seen = look();
  if (!seen) {
    EndAll(job, seen.error());
    return false;
  }
  group.seen = *std::move(seen);
  return true;
}

void JobFollowers::TellAll(const std::string& job, Group& group) {
  std::vector<Key> ended;
  for (auto& [key, follower] : group.followers) {
    if (!Tell(key, follower, group.seen, false)) continue;
    End(key, follower, group.seen.job);
    ended.push_back(key);
  }
  // The last one takes the group along.
  for (const Key key : ended) Drop(job, group, key);
}

bool JobFollowers::Tell(Key key, Follower& follower, const Seen& seen, bool again) {
  // It may have left since its change was noticed; the inbox tells so only later.
  if (!Waits(key)) return false;
  if (!follower.ready) {
    follower.behind = true;
    return false;
  }
  const bool final = IsFinal(seen.job.state);
  // A cursor from another life of the data: nothing is known to have been seen.
  if (RevisionOf(follower.last_event_id) > seen.job.revision) follower.last_event_id = 0;
  const bool moved = follower.last_position >= 0 && seen.position != follower.last_position;
  const bool newer = seen.event_id > follower.last_event_id;
  if (newer) follower.last_event_id = seen.event_id;
  follower.last_position = seen.position;
  if (!newer && !moved && !final && !again) return false;
  JobNews news{seen.job, seen.live, seen.position, follower.last_event_id};
  const uint64_t preview = seen.live.preview_number;
  if (std::exchange(follower.last_preview, preview) == preview) news.live.progress.clear_preview();
  follower.told = clock_.NowMonotonic();
  follower.ready = follower.listener->OnNews(news);
  return final;
}

void JobFollowers::End(Key key, const Follower& follower, const Result<JobRecord>& end) {
  // Whoever left meanwhile does not want to know.
  if (Forget(key)) follower.listener->OnEnd(end);
}

void JobFollowers::EndAll(const std::string& job, const Error& error) {
  const auto node = groups_.extract(job);
  for (const auto& [key, follower] : node.mapped().followers) {
    End(key, follower, Propagate(error));
    job_of_key_.erase(key);
  }
}

void JobFollowers::Drop(const std::string& job, Group& group, Key key) {
  group.followers.erase(key);
  job_of_key_.erase(key);
  if (group.followers.empty()) groups_.erase(job);
}

}  // namespace atelier::server
