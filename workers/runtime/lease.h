// Lease: one attempt at one job, while this worker holds it. Thread-safe.
//
//   kHeld -> kEnding    its pictures are finished; it is completed once they are stored
//   kHeld -> kFailing   somebody here fails or hands back the job
//   kHeld -> kLost      the server gave the job to somebody else
//
// Only the one who moves it out of kHeld may speak to the server about its end.
//
// Its results are not guarded: the thread that stores pictures and completes jobs alone uses them.
#pragma once

#include <atomic>
#include <stop_token>
#include <utility>
#include <vector>

#include "atelier/v1/dispatch.pb.h"
#include "base/result.h"

namespace atelier::runtime {

enum class LeaseState { kHeld, kEnding, kFailing, kLost };

/// What is stored of a job's result so far.
struct StoredResults {
  /// Makes room for it.
  v1::JobResult& At(size_t index) {
    if (pictures.size() <= index) pictures.resize(index + 1);
    return pictures[index];
  }

  /// In seed order; one that is not stored yet has no asset.
  std::vector<v1::JobResult> pictures;
  /// Why one of them cannot be stored.
  Status status;
};

class Lease {
 public:
  /// Its results begin with those that earlier attempts recorded.
  explicit Lease(v1::LeasedJob job) : job_(std::move(job)) {
    results_.pictures.assign(job_.finished().begin(), job_.finished().end());
  }

  const v1::LeasedJob& job() const { return job_; }
  bool held() const { return state_.load() == LeaseState::kHeld; }
  /// Nobody waits for its pictures any more.
  bool gone() const { return state_.load() >= LeaseState::kFailing; }

  /// kHeld -> `next`; false when somebody else was first.
  bool Leave(LeaseState next) {
    LeaseState expected = LeaseState::kHeld;
    if (!state_.compare_exchange_strong(expected, next)) return false;
    Interrupt();
    return true;
  }

  /// Ends what is being done for the job; its state stays.
  void Interrupt() { stop_.request_stop(); }
  StoredResults& results() { return results_; }
  /// Seconds of this worker's device that the job took so far.
  double device_seconds() const { return device_seconds_.load(); }
  void AddDeviceSeconds(double seconds) { device_seconds_ += seconds; }
  /// Requested once the lease is left or interrupted.
  std::stop_token stop_token() const { return stop_.get_token(); }

 private:
  const v1::LeasedJob job_;
  std::atomic<LeaseState> state_ = LeaseState::kHeld;
  std::stop_source stop_;
  StoredResults results_;
  std::atomic<double> device_seconds_ = 0;
};

}  // namespace atelier::runtime
