// Lease: one attempt at one job, while this worker holds it. Thread-safe.
//
//   kHeld -> kEnding   somebody here completes, fails or hands back the job
//   kHeld -> kLost     the server gave the job to somebody else
//
// Only the one who moves it out of kHeld may speak to the server about its end.
#pragma once

#include <atomic>
#include <stop_token>

#include "atelier/v1/dispatch.pb.h"

namespace atelier::runtime {

enum class LeaseState { kHeld, kEnding, kLost };

class Lease {
 public:
  explicit Lease(v1::LeasedJob job) : job_(std::move(job)) {}

  const v1::LeasedJob& job() const { return job_; }
  bool held() const { return state_.load() == LeaseState::kHeld; }

  /// kHeld -> `next`; false when somebody else was first.
  bool Leave(LeaseState next) {
    LeaseState expected = LeaseState::kHeld;
    if (!state_.compare_exchange_strong(expected, next)) return false;
    Interrupt();
    return true;
  }

  /// Ends what is being done for the job; its state stays.
  void Interrupt() { stop_.request_stop(); }
  /// Requested once the lease is left or interrupted.
  std::stop_token stop_token() const { return stop_.get_token(); }

 private:
  const v1::LeasedJob job_;
  std::atomic<LeaseState> state_ = LeaseState::kHeld;
  std::stop_source stop_;
};

}  // namespace atelier::runtime
