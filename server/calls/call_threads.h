// CallThreads: threads for what calls do between waiting: storing what they bring, and fetching
// what they answer. gRPC's own threads, of which there are few, serve health as well and must not
// be held up by a disk or by another service.
#pragma once

#include <deque>
#include <functional>
#include <thread>
#include <vector>

#include "base/mutex.h"

namespace atelier::server {

class CallThreads {
 public:
  /// Starts one thread now, and others when work comes and none is free, up to `max`; they stay.
  explicit CallThreads(int max);
  /// Does what is left first.
  ~CallThreads();
  CallThreads(const CallThreads&) = delete;
  CallThreads& operator=(const CallThreads&) = delete;

  /// Does `work` on a free thread or, when all are busy and there can be no more, after what came
  /// before. Thread-safe.
  void Run(std::function<void()> work);

 private:
  void Serve();

  const int max_;
  Mutex mutex_;
  ConditionVariable changed_;
  std::deque<std::function<void()>> work_ GUARDED_BY(mutex_);
  int free_ GUARDED_BY(mutex_) = 0;
  bool stopping_ GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_ GUARDED_BY(mutex_);
};

}  // namespace atelier::server
