// JobFeed: the live side of jobs, in memory only: how far each one is, and who waits for news.
//
// JobQueue calls Changed() after every committed change; watchers then read the job again from the
// store. News may be coalesced but is never missed: subscribe first, read after. Thread-safe.
//
// Events of one job are numbered so that the numbers grow whoever counts them, before and after a
// restart: the record's revision, and below it how far the attempt is, which the worker reports.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "atelier/v1/job.pb.h"
#include "base/mutex.h"
#include "server/store/job_record.h"
#include "server/store/shared_store.h"

namespace atelier::server {

/// How far a running job is.
struct LiveProgress {
  v1::JobProgress progress;
  /// Grows within an attempt; 0 before the first report.
  int number = 0;
  /// Grows with every preview that the feed was told; 0 before the first.
  uint64_t preview_number = 0;
};

/// The id of the event that made `job` what it is, with `progress_number` of its attempt.
int64_t EventId(const JobRecord& job, int progress_number);
/// The revision in an event id.
int64_t RevisionOf(int64_t event_id);

class JobFeed {
 private:
  struct Entry;

 public:
  /// One watcher of one job.
  class Subscription {
   public:
    /// `on_change` is called after every change of the job, from the thread that made it and while
    /// the feed is locked: it must return at once and may not call the feed.
    Subscription(JobFeed& feed, std::string id, std::function<void()> on_change);
    ~Subscription();
    Subscription(const Subscription&) = delete;
    Subscription& operator=(const Subscription&) = delete;

    /// How far the job is, with its last preview.
    LiveProgress Progress() const;

   private:
    friend class JobFeed;
    JobFeed& feed_;
    const std::string id_;
    const std::function<void()> on_change_;
    const std::shared_ptr<Entry> entry_;
  };

  /// `job` was committed as it is now.
  void Changed(const JobRecord& job);
  /// The same, of what is known of it. What is older than what was told before changes nothing.
  void Changed(const JobStanding& job);
  /// The store says so of a followed job: Changed(), if that was not told yet.
  void LookedUp(const JobStanding& job);
  /// The jobs that somebody watches or that report to this server.
  std::vector<std::string> Followed();
  /// There is no such job any more.
  void Vanished(const std::string& id);
  /// The worker reported `progress` of a running job, to this server or another.
  void Progress(const std::string& id, const v1::JobProgress& progress);
  /// The job's attempt is over: a report that came late left nothing worth keeping.
  void Forget(const std::string& id);
  /// The last progress of a job, without preview; empty when nothing is known.
  LiveProgress LastProgress(const std::string& id);
  bool IsWatched(const std::string& id);
  /// Whether somebody asked a running job to stop.
  bool CancelRequested(const std::string& id);

  /// Grows whenever a job enters the queue.
  uint64_t queue_generation();
  /// A job that waited may be leased from now on, although none came: counts as one that did.
  void MoreMayRun();
  /// Waits up to `timeout` until queue_generation() is not `seen`.
  void WaitForQueued(uint64_t seen, std::chrono::milliseconds timeout);
  /// Grows whenever a job changes its state: while it does not, no job moves up in its queue.
  uint64_t change_count() const { return change_count_; }

 private:
  struct Entry {
    LiveProgress live;
    /// Of the last change that was told; 0: of none.
    int64_t revision = 0;
    bool cancel_requested = false;
    bool final = false;
    std::unordered_set<const Subscription*> watchers;
  };

  std::shared_ptr<Entry> EntryOf(const std::string& id) REQUIRES(mutex_);
  static void Tell(const Entry& entry);
  // Forgets an entry that nobody watches and that knows nothing.
  void DropIfIdle(const std::string& id) REQUIRES(mutex_);

  Mutex mutex_;
  // A job has an entry while somebody watches it, and while it runs and has
  // progress or was asked to stop.
  std::unordered_map<std::string, std::shared_ptr<Entry>> entries_ GUARDED_BY(mutex_);
  uint64_t queue_generation_ GUARDED_BY(mutex_) = 0;
  std::atomic<uint64_t> change_count_ = 0;
  ConditionVariable queued_;
};

}  // namespace atelier::server
