// Timers: the injected way to wait. Back-off, heartbeats and the drain's grace go through it, so
// that tests need no sleeping.
#pragma once

#include <chrono>
#include <stop_token>

namespace atelier::runtime {

class Timers {
 public:
  virtual ~Timers() = default;
  /// Waits for `duration`; false when `stop` was requested before it was over. Thread-safe.
  virtual bool SleepFor(std::chrono::milliseconds duration, std::stop_token stop) = 0;
};

/// The machine's timers. Thread-safe; lives as long as the process.
Timers& SystemTimers();

}  // namespace atelier::runtime
