// JobFeed: the live side of jobs, in memory only: how far each one is, and who waits for news.
//
// JobQueue calls Changed() after every committed change; watchers then read the job again from the
// store. News may be coalesced but is never missed: subscribe first, read after. Thread-safe.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include "atelier/v1/job.pb.h"
#include "server/jobs/job_record.h"

namespace atelier::server {

class JobFeed {
 private:
  struct Entry;

 public:
  /// One watcher of one job.
  class Subscription {
   public:
    Subscription(JobFeed& feed, std::string id);
    ~Subscription();
    Subscription(const Subscription&) = delete;
    Subscription& operator=(const Subscription&) = delete;

    /// Waits up to `timeout` for news since the last true answer (at first: since subscribing).
    bool Wait(std::chrono::milliseconds timeout);
    /// How far the job is; its preview comes once to each subscription.
    v1::JobProgress TakeProgress();

   private:
    JobFeed& feed_;
    const std::string id_;
    const std::shared_ptr<Entry> entry_;
    uint64_t seen_version_ = 0;
    uint64_t seen_preview_ = 0;
  };

  /// `job` was committed as it is now.
  void Changed(const JobRecord& job);
  /// The worker reported `progress` of a running job.
  void Progress(const std::string& id, const v1::JobProgress& progress);
  /// The last progress of a job, without preview; empty when nothing is known.
  v1::JobProgress LastProgress(const std::string& id);
  /// Whether somebody asked a running job to stop.
  bool CancelRequested(const std::string& id);

  /// Grows whenever a job enters the queue.
  uint64_t queue_generation();
  /// Waits up to `timeout` until queue_generation() is not `seen`.
  void WaitForQueued(uint64_t seen, std::chrono::milliseconds timeout);

 private:
  struct Entry {
    uint64_t version = 0;
    uint64_t preview_version = 0;  // The version that brought the present preview.
    v1::JobProgress progress;
    bool cancel_requested = false;
    bool final = false;
    int watchers = 0;
    std::condition_variable changed;
  };

  // REQUIRES: mutex_ is held.
  std::shared_ptr<Entry> EntryOf(const std::string& id);
  static void Bump(Entry& entry);

  std::mutex mutex_;
  // Guarded by mutex_. Entries of final jobs stay only while somebody watches.
  std::unordered_map<std::string, std::shared_ptr<Entry>> entries_;
  uint64_t queue_generation_ = 0;
  std::condition_variable queued_;
};

}  // namespace atelier::server
