// Timers that never wait by the clock: durations that a test holds wait for Fire(), all others are
// over at once and are written down.
#pragma once

#include <condition_variable>
#include <map>
#include <mutex>
#include <vector>

#include "runtime/timers.h"

namespace atelier {

class FakeTimers : public runtime::Timers {
 public:
  void Hold(std::chrono::milliseconds duration) {
    std::lock_guard lock(mutex_);
    permits_.emplace(duration, 0);
  }
  /// Ends one wait of a held duration, now or when it comes.
  void Fire(std::chrono::milliseconds duration) {
    std::lock_guard lock(mutex_);
    ++permits_[duration];
    changed_.notify_all();
  }
  std::vector<std::chrono::milliseconds> slept() {
    std::lock_guard lock(mutex_);
    return slept_;
  }

  bool SleepFor(std::chrono::milliseconds duration, std::stop_token stop) override {
    std::unique_lock lock(mutex_);
    const auto held = permits_.find(duration);
    if (held == permits_.end()) {
      slept_.push_back(duration);
      return !stop.stop_requested();
    }
    if (!changed_.wait(lock, stop, [&] { return held->second > 0; })) return false;
    --held->second;
    return true;
  }

 private:
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::map<std::chrono::milliseconds, int> permits_;
  std::vector<std::chrono::milliseconds> slept_;
};

}  // namespace atelier
