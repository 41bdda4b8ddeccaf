// Clock: the injected source of time. Leases and deadlines use Monotonic(); Wall() is for showing
// only.
#pragma once

#include <chrono>

namespace atelier {

class Clock {
 public:
  using Monotonic = std::chrono::steady_clock::time_point;
  using Wall = std::chrono::system_clock::time_point;

  virtual ~Clock() = default;
  /// Never goes back; survives wall-clock jumps.
  virtual Monotonic NowMonotonic() const = 0;
  virtual Wall NowWall() const = 0;
};

/// The machine's clocks. Thread-safe; lives as long as the process.
const Clock& SystemClock();

}  // namespace atelier
