// FakeClock: time that passes when a test says so.
#pragma once

#include <atomic>

#include "base/clock.h"

namespace atelier::server {

class FakeClock final : public Clock {
 public:
  Monotonic NowMonotonic() const override { return Monotonic(elapsed_.load()); }
  Wall NowWall() const override {
    return Wall(std::chrono::seconds(1'700'000'000)) + elapsed_.load() + wall_jump_.load();
  }
  void Advance(std::chrono::milliseconds time) { elapsed_ = elapsed_.load() + time; }
  /// Somebody sets the wall clock forward, or back.
  void JumpWall(std::chrono::milliseconds by) { wall_jump_ = wall_jump_.load() + by; }

 private:
  std::atomic<std::chrono::milliseconds> elapsed_{std::chrono::milliseconds(1000)};
  std::atomic<std::chrono::milliseconds> wall_jump_{std::chrono::milliseconds(0)};
};

}  // namespace atelier::server
