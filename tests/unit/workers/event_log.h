// EventLog: what the fakes of a test saw, in order. Tests wait for events here and never sleep.
#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <vector>

namespace atelier {

class EventLog {
 public:
  void Add(const std::string& event) {
    std::lock_guard lock(mutex_);
    events_.push_back(event);
    changed_.notify_all();
  }

  /// False when `event` has not come within ten seconds.
  bool WaitFor(const std::string& event) { return WaitForAny({event}); }
  bool WaitForAny(const std::vector<std::string>& wanted) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(10), [&] {
      return std::any_of(wanted.begin(), wanted.end(),
                         [&](const std::string& event) { return Position(event) >= 0; });
    });
  }

  bool Contains(const std::string& event) { return IndexOf(event) >= 0; }
  /// -1 when it did not come.
  int IndexOf(const std::string& event) {
    std::lock_guard lock(mutex_);
    return Position(event);
  }
  int Count(const std::string& event) {
    std::lock_guard lock(mutex_);
    return static_cast<int>(std::count(events_.begin(), events_.end(), event));
  }

 private:
  int Position(const std::string& event) const {  // REQUIRES: mutex_ is held
    const auto found = std::find(events_.begin(), events_.end(), event);
    return found == events_.end() ? -1 : static_cast<int>(found - events_.begin());
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> events_;
};

}  // namespace atelier
