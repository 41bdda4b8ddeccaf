// Dispatcher: gives jobs to workers and takes them back when a worker is silent.
//
// It joins the queue (which token is right) with the lease table (until when). A job whose lease
// runs out goes back to the queue or, after max_attempts, fails with WORKER_LOST. After a restart
// running jobs get a fresh lease under their old token, so that living workers go on. Thread-safe.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "server/dispatch/lease_table.h"
#include "server/dispatch/worker_registry.h"
#include "server/jobs/job_queue.h"

namespace atelier::server {

class Dispatcher {
 public:
  struct Options {
    /// How long a lease lives without a heartbeat. Raise it when workers stall for longer than this
    /// in one step; a lost worker's jobs wait as much longer.
    std::chrono::milliseconds lease_duration{10000};
  };

  /// References must outlive it.
  Dispatcher(JobQueue& queue, WorkerRegistry& workers, telemetry::Metrics& metrics,
             const Clock& clock, Options options);

  /// Re-grants the leases of jobs that ran when the last server stopped.
  void Recover(const std::vector<JobRecord>& running);

  /// Leases a batch; waits up to `wait` (real time) for the first job. `keep_waiting` is asked a
  /// few times a second; its error ends the wait.
  Result<std::vector<JobRecord>> LeaseJobs(const std::string& worker, int max_jobs,
                                           std::chrono::milliseconds wait,
                                           const std::function<Status()>& keep_waiting);
  /// Extends the lease; true when the job was asked to stop.
  Result<bool> ReportProgress(const std::string& job, int64_t token,
                              const v1::JobProgress* progress);
  /// ABORTED / LEASE_LOST when the lease is not held; for checks before costly work.
  Status CheckLease(const std::string& job, int64_t token);
  Status Complete(const std::string& job, int64_t token,
                  const std::vector<v1::PaintedImage>& images);
  Status Fail(const std::string& job, int64_t token, const JobFailure& failure);

  /// Takes back every job whose lease ran out; returns how many. Call a few times a second.
  int ExpireLeases();

  const Options& options() const { return options_; }

 private:
  Unexpected LeaseLost(const std::string& job, int64_t token);
  // Counts refused leases and forgets ended ones.
  Status EndLease(const std::string& job, int64_t token, const Result<JobRecord>& ended);

  JobQueue& queue_;
  WorkerRegistry& workers_;
  telemetry::Metrics& metrics_;
  const Options options_;
  LeaseTable leases_;
};

}  // namespace atelier::server
