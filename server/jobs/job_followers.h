// JobFollowers: tells calls that wait for a job what becomes of it, to its final state. What
// WatchJob and Synthesize share.
//
// A waiting call costs memory and no thread: one thread looks at the jobs that changed, each once
// however many wait for it, and tells their listeners. A few times a second it also asks whether
// waiting still makes sense (see KeepWaiting) and whether queued jobs moved up. It never waits for
// a listener: one that is busy is told the latest when it is ready again.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/mutex.h"
#include "server/jobs/job_queue.h"

namespace atelier::server {

/// A job as it is now.
struct JobNews {
  JobRecord job;
  /// The preview comes once.
  LiveProgress live;
  /// Jobs in front of it.
  int64_t position = 0;
  int64_t event_id = 0;
};

/// Who waits for a job. Called by one thread, which others wait for: both must return at once.
class JobListener {
 public:
  virtual ~JobListener() = default;
  /// The job as it is now. False: nothing more until JobFollowers::Resume().
  virtual bool OnNews(const JobNews& news) = 0;
  /// The job in its final state, which OnNews() told before, or why the following ends without it.
  /// Nothing is told afterwards. A final state waits until the listener is ready, an error does
  /// not.
  virtual void OnEnd(const Result<JobRecord>& end) = 0;
};

class JobFollowers {
 public:
  struct Options {
    /// How often every waiting call is looked at. Longer spares a server with very many of them;
    /// drains and new positions in the queue are told as much later.
    std::chrono::milliseconds look_interval{250};
  };
  /// Whether calls may go on waiting for a job in that state; an error ends them, not the job.
  using KeepWaiting = std::function<Status(JobState)>;
  using Key = uint64_t;

  struct Request {
    /// The {job} of `jobs/{job}`.
    std::string job;
    /// Nothing is told that is no newer than this event, but for a final state.
    int64_t after_event_id = 0;
    /// The longest silence; the present state is told again then. 0: any.
    std::chrono::milliseconds keep_alive{0};
    /// Asked at every look; an error ends this following alone, with it. Null: nobody is asked.
    std::function<Status()> may_follow = {};
  };

  /// References must outlive it. `clock` is that of keep_alive.
  JobFollowers(JobQueue& queue, const Clock& clock, KeepWaiting keep_waiting, Options options);
  JobFollowers(JobQueue& queue, const Clock& clock, KeepWaiting keep_waiting)
      : JobFollowers(queue, clock, std::move(keep_waiting), Options()) {}
  /// Whoever still waits is told nothing more.
  ~JobFollowers();
  JobFollowers(const JobFollowers&) = delete;
  JobFollowers& operator=(const JobFollowers&) = delete;

  /// Tells the listener of the job as it is now, unless that is no newer than after_event_id, and
  /// of every change (changes may be coalesced). A change of the position alone comes under the
  /// last event's id. No such job is an end, NOT_FOUND.
  Key Follow(Request request, std::shared_ptr<JobListener> listener);
  /// The listener takes news again.
  void Resume(Key key);
  /// Tells the listener nothing more; a call of it that is under way may still end. Whether nobody
  /// else waits for its job; false also when its following has ended.
  bool Leave(Key key);
  /// Whether anybody waits for any job.
  bool IsAnyFollowed();
  /// Whether anybody waits for the job.
  bool IsFollowed(const std::string& job);

 private:
  // What the thread knows of a job that is waited for.
  struct Seen {
    JobRecord job;
    LiveProgress live;
    int64_t position = 0;
    int64_t event_id = 0;
  };
  struct Follower {
    std::shared_ptr<JobListener> listener;
    std::chrono::milliseconds keep_alive{0};
    std::function<Status()> may_follow;
    Clock::Monotonic told;
    int64_t last_event_id = 0;
    int64_t last_position = -1;
    uint64_t last_preview = 0;
    bool ready = true;
    bool behind = false;  // Something changed while it was not ready.
  };
  struct Group {
    std::unique_ptr<JobFeed::Subscription> subscription;
    Seen seen;
    std::unordered_map<Key, Follower> followers;
  };
  struct Added {
    Key key = 0;
    Request request;
    std::shared_ptr<JobListener> listener;
  };
  // What happened since the thread looked last.
  struct Inbox {
    std::vector<Added> added;
    std::unordered_set<Key> left;
    std::vector<Key> resumed;
    std::unordered_set<std::string> changed;
    bool stopping = false;
    bool Empty() const;
  };

  void Run();
  // Waits for something to happen, or for the time of the next look.
  Inbox TakeInbox();
  void Add(Added added);
  void Remove(Key key);
  void ResumeFollower(Key key);
  void OnChange(const std::string& job);
  // Looks at every job that is waited for.
  void LookAround();
  bool MovedUp(const Group& group);
  // Ends the followings of the group whose callers may not go on. False: the group is gone.
  bool EndRefused(const std::string& job, Group& group);

  // Reads the group's job anew; an error ends all of its followers. False: the group is gone.
  bool Look(const std::string& job, Group& group);
  void TellAll(const std::string& job, Group& group);
  // Tells what is new, and with `again` what is not. True: the job is final, the follower is told.
  bool Tell(Key key, Follower& follower, const Seen& seen, bool again);
  void End(Key key, const Follower& follower, const Result<JobRecord>& end);
  void EndAll(const std::string& job, const Error& error);
  // The follower is gone; the last one takes the group along.
  void Drop(const std::string& job, Group& group, Key key);
  // Whether it has not left.
  bool Waits(Key key);
  // It waits no longer: Leave() does not find it any more.
  bool Forget(Key key);

  JobQueue& queue_;
  const Clock& clock_;
  const KeepWaiting keep_waiting_;
  const Options options_;

  // Of the thread alone.
  std::unordered_map<std::string, Group> groups_;    // By job.
  std::unordered_map<Key, std::string> job_of_key_;  // Of all followers in groups_.
  std::chrono::steady_clock::time_point next_look_;
  uint64_t seen_changes_ = 0;

  Mutex mutex_;
  ConditionVariable happened_;
  Inbox inbox_ GUARDED_BY(mutex_);
  Key last_key_ GUARDED_BY(mutex_) = 0;
  std::unordered_map<Key, std::string> waiting_ GUARDED_BY(mutex_);        // Key to job.
  std::unordered_map<std::string, int> waiting_count_ GUARDED_BY(mutex_);  // By job.

  std::thread thread_;
};

}  // namespace atelier::server
