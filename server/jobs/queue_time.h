// QueueTime: the queue's own time, in milliseconds. It runs with the monotonic clock from the wall
// clock's value at the start, so that a wall clock set an hour forward or back while the server
// runs neither reorders the queue nor expires a job; and it never starts before a time that was
// already given out, so that it does not go back at a restart either. Thread-safe once NotBefore()
// was called.
#pragma once

#include <algorithm>
#include <cstdint>

#include "base/clock.h"

namespace atelier::server {

class QueueTime {
 public:
  /// `clock` must outlive it.
  explicit QueueTime(const Clock& clock)
      : clock_(clock),
        start_(clock.NowMonotonic()),
        origin_ms_(Milliseconds(clock.NowWall().time_since_epoch())) {}

  /// Call before serving: `latest_ms` was given out by a server before this one.
  void NotBefore(int64_t latest_ms) { origin_ms_ = std::max(origin_ms_, latest_ms); }

  int64_t NowMs() const { return origin_ms_ + Milliseconds(clock_.NowMonotonic() - start_); }

 private:
  static int64_t Milliseconds(Clock::Wall::duration time) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(time).count();
  }

  const Clock& clock_;
  const Clock::Monotonic start_;
  int64_t origin_ms_;
};

}  // namespace atelier::server
