// LeaseWaiters: workers that wait for jobs, without a thread each.
//
// One thread looks whom news of the queue may help, and whose wait is over. Who has a chance tries
// it on one of a few other threads, the longest waiting first, as a try writes to the store.
#pragma once

#include <functional>
#include <list>
#include <memory>
#include <thread>
#include <vector>

#include "base/mutex.h"
#include "server/calls/call_threads.h"
#include "server/dispatch/dispatcher.h"

namespace atelier::server {

class LeaseWaiters {
 public:
  /// Called once, from one of the threads, with what Dispatcher::LeaseJobs() would answer.
  using Done = std::function<void(Result<std::vector<JobRecord>>)>;

  /// References must outlive it.
  LeaseWaiters(Dispatcher& dispatcher, JobFeed& feed);
  /// REQUIRES: every wait is over.
  ~LeaseWaiters();
  LeaseWaiters(const LeaseWaiters&) = delete;
  LeaseWaiters& operator=(const LeaseWaiters&) = delete;

  /// The same as Dispatcher::LeaseJobs(), but returns at once.
  void Add(LeaseWait wait, Done done);
  /// Does `work`, which may take its time, on one of the threads.
  void Run(std::function<void()> work) { threads_.Run(std::move(work)); }

 private:
  struct Waiting {
    LeaseWait wait;
    Done done;
    // Whether one of the threads has it; the look-out leaves it alone then.
    bool trying = true;
  };
  using Place = std::list<Waiting>::iterator;

  void LookOut();
  void Try(Place place);

  // Tries at once: as many as writes of one commit are worth.
  static constexpr int kThreads = 16;

  Dispatcher& dispatcher_;
  JobFeed& feed_;
  Mutex mutex_;
  ConditionVariable changed_;
  std::list<Waiting> waiting_ GUARDED_BY(mutex_);  // The longest waiting first.
  bool stopping_ GUARDED_BY(mutex_) = false;
  CallThreads threads_{kThreads};
  std::thread look_out_;
};

}  // namespace atelier::server
