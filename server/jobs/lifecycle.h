// Lifecycle: whether the server takes work, drains or stops. Thread-safe.
//
//   SERVING ── SIGTERM ──> DRAINING ── nothing runs, or time is up ──> STOPPING
#pragma once

#include <atomic>

#include "base/result.h"
#include "server/store/job_state.h"

namespace atelier::server {

class Lifecycle {
 public:
  void Drain() { phase_ = Phase::kDraining; }
  void Stop() { phase_ = Phase::kStopping; }

  /// For calls that start something new.
  Status MayStart() const { return phase_ == Phase::kServing ? Status() : Draining(); }
  /// For calls that wait for a job: those whose job runs may see it end while draining.
  Status MayWait(JobState state) const {
    const Phase phase = phase_;
    if (phase == Phase::kServing) return {};
    if (phase == Phase::kDraining && state != JobState::kQueued) return {};
    return Draining();
  }

 private:
  enum class Phase { kServing, kDraining, kStopping };

  static Status Draining() {
    return MakeError(Code::kUnavailable, "DRAINING", "the server is draining; try again");
  }

  std::atomic<Phase> phase_{Phase::kServing};
};

}  // namespace atelier::server
