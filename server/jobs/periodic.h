// Periodic: a thread that does something every so often until it is destroyed.
#pragma once

#include <chrono>
#include <functional>
#include <thread>

#include "base/mutex.h"

namespace atelier::server {

class Periodic {
 public:
  /// Calls `work` every `interval`, for the first time after one.
  Periodic(std::chrono::milliseconds interval, std::function<void()> work);
  /// Waits for a call under way.
  ~Periodic();
  Periodic(const Periodic&) = delete;
  Periodic& operator=(const Periodic&) = delete;

 private:
  Mutex mutex_;
  ConditionVariable stop_;
  bool stopping_ GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace atelier::server
