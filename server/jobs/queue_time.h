// QueueTime: the queue's own time, in milliseconds. It runs with the monotonic clock from the wall
// clock's value at the start, so that a wall clock set an hour forward or back while the server
// runs neither reorders the queue nor expires a job; and it never starts before a time that was
// already given out, so that it does not go back at a restart either.
//
// Where several servers share a store, all of them follow the store's clock instead, whatever their
// own say: see Follow(). Between two looks at it the monotonic clock counts. Thread-safe once
// NotBefore() was called.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstdlib>

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
  void NotBefore(int64_t latest_ms) { origin_ms_ = std::max(origin_ms_.load(), latest_ms); }

  /// The store's clock said `store_ms` at some moment in the last `within`. Differences that this
  /// explains are left alone. What is more than kJump counts as a jump of the store's clock.
  void Follow(int64_t store_ms, std::chrono::milliseconds within) {
    const int64_t ahead_ms = store_ms - NowMs();
    // Now is up to `within` after that moment.
    const bool explained = ahead_ms <= 1 && ahead_ms >= -within.count() - 1;
    if (explained) return;
    origin_ms_ += ahead_ms + within.count() / 2;
    if (std::abs(ahead_ms) > kJump.count()) ++jumps_;
  }

  int64_t NowMs() const { return origin_ms_ + Milliseconds(clock_.NowMonotonic() - start_); }

  /// How often the store's clock jumped: deadlines of before may be wrong by as much.
  int jumps() const { return jumps_; }

 private:
  static constexpr std::chrono::milliseconds kJump{500};

  static int64_t Milliseconds(Clock::Wall::duration time) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(time).count();
  }

  const Clock& clock_;
  const Clock::Monotonic start_;
  std::atomic<int64_t> origin_ms_;
  std::atomic<int> jumps_ = 0;
};

}  // namespace atelier::server
