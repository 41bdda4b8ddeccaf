// Periodic: a thread that does something every so often until it is destroyed.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

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
  std::mutex mutex_;
  std::condition_variable stop_;
  bool stopping_ = false;  // Guarded by mutex_.
  std::thread thread_;
};

}  // namespace atelier::server
