// JobQueue: the one place where jobs change state.
//
// Each method is one transaction of the store; after the commit the feed's watchers, the waiting
// workers and the metrics learn of it. Leases are fenced by their token alone here: deadlines are
// the Dispatcher's. Thread-safe.
#pragma once

#include <string>
#include <vector>

#include "atelier/v1/synthesis.pb.h"
#include "base/clock.h"
#include "server/jobs/job_feed.h"
#include "server/jobs/job_store.h"
#include "telemetry/metrics.h"

namespace atelier::server {

/// Why a lease ended without a result.
struct JobFailure {
  /// Stable UPPER_SNAKE; kCancelledReason acknowledges a cancellation.
  std::string reason;
  std::string message;
  bool retryable = false;
};

inline constexpr char kCancelledReason[] = "CANCELLED";
inline constexpr char kWorkerLostReason[] = "WORKER_LOST";
inline constexpr char kLeaseLostReason[] = "LEASE_LOST";

class JobQueue {
 public:
  struct Options {
    /// Jobs that may wait; the next one is refused. Raise it for longer bursts: each costs a row.
    int64_t max_queued = 10000;
    /// Attempts a job gets before a lost worker or a retryable failure fails it.
    int max_attempts = 3;
  };

  /// All references must outlive it.
  JobQueue(JobStore& store, telemetry::Metrics& metrics, const Clock& clock, Options options);

  /// Takes over what the store holds; call once before serving. Returns the running jobs.
  Result<std::vector<JobRecord>> Recover();

  /// Queues `job`, whose id, spec, model, batch_key, request_* and traceparent are set, or joins
  /// the older one of the same request.
  Result<JobRecord> Submit(JobRecord job);
  Result<JobRecord> Get(const std::string& id);
  /// Jobs in front of a queued one.
  Result<int64_t> Position(const JobRecord& job);
  Result<std::vector<JobRecord>> List(int limit, int64_t before_sequence);
  /// QUEUED: CANCELLED at once. RUNNING: its worker is asked. Final: as it is.
  Result<JobRecord> Cancel(const std::string& id);

  /// Starts an attempt at each job of the oldest batch; see JobStore::TakeQueued.
  Result<std::vector<JobRecord>> Take(const std::vector<std::string>& models, int max_jobs);
  /// ABORTED / LEASE_LOST when `token` is not that of the running attempt; so do the two below.
  Result<JobRecord> Complete(const std::string& id, int64_t token,
                             const std::vector<v1::PaintedImage>& images);
  /// Back to the queue when retryable and attempts are left, else FAILED; CANCELLED when the job
  /// was asked to stop.
  Result<JobRecord> Fail(const std::string& id, int64_t token, const JobFailure& failure);

  JobFeed& feed() { return feed_; }
  JobStore& store() { return store_; }
  const Options& options() const { return options_; }

 private:
  int64_t NowMs() const;
  // Moves `job` to `to`, stamping the times.
  Status Move(JobRecord& job, JobState to) const;
  void Finish(JobRecord& job, const std::vector<v1::PaintedImage>& images);
  // Tells everybody of a committed change.
  void Announce(JobState before, const JobRecord& after);

  JobStore& store_;
  telemetry::Metrics& metrics_;
  const Clock& clock_;
  const Options options_;
  JobFeed feed_;
};

}  // namespace atelier::server
