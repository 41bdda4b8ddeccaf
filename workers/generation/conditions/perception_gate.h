// PerceptionGate: knows, before jobs are taken and prepared, whether the pose and region services
// are there and which networks they have. Thread-safe as its executor.
#pragma once

#include <chrono>
#include <mutex>

#include "base/clock.h"
#include "generation/conditions/perception_client.h"
#include "runtime/batch_executor.h"

namespace atelier::generation {

class PerceptionGate : public runtime::BatchExecutor {
 public:
  /// References must outlive it.
  PerceptionGate(runtime::BatchExecutor& inner, Perception& perception,
                 const Clock& clock = SystemClock())
      : inner_(inner), perception_(perception), clock_(clock) {}

  /// UNAVAILABLE (SERVICE_AWAY) naming the service that is not reached or still loads.
  Status Ready(std::stop_token stop) override;
  /// Asks first where the last answer is older than a second: a job may have been waited for while
  /// the services were replaced.
  Result<std::unique_ptr<runtime::PreparedJob>> Prepare(const v1::LeasedJob& job,
                                                        std::stop_token stop) override;
  void Paint(std::span<runtime::PreparedJob* const> jobs, runtime::BatchEvents& events) override {
    inner_.Paint(jobs, events);
  }

 private:
  bool IsFresh() const;

  runtime::BatchExecutor& inner_;
  Perception& perception_;
  const Clock& clock_;
  mutable std::mutex mutex_;
  Clock::Monotonic asked_{};  // GUARDED_BY(mutex_)
  bool was_asked_ = false;    // GUARDED_BY(mutex_)
};

}  // namespace atelier::generation
