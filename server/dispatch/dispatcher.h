// Dispatcher: gives jobs to workers and takes them back when a worker is silent.
//
// It joins the queue (which token is right) with the lease table (until when). A job whose lease
// runs out goes back to the queue or, after max_attempts, fails with WORKER_LOST. After a restart
// running jobs keep their leases, each with a whole life before it, so that living workers go on.
// Several servers over one store do the same things; whose mutation comes first ends a lease.
//
// A job that a worker did not survive may be the reason. From then on it is leased alone, to a
// worker without any other lease, which gets nothing more until it has ended it: what shared a
// worker with it once is not lost with it twice. While such a job is next, a busy worker gets none,
// so that it becomes idle. Thread-safe.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "server/dispatch/lease_table.h"
#include "server/dispatch/worker_registry.h"
#include "server/jobs/job_queue.h"

namespace atelier::server {

/// How often a call that waits for jobs looks whether its caller is still there.
inline constexpr std::chrono::milliseconds kLeasePollInterval(250);

/// A worker that waits for jobs.
struct LeaseWait {
  std::string worker;
  int max_jobs = 1;
  /// Real time.
  std::chrono::steady_clock::time_point deadline;
  /// Asked a few times a second, by any thread; an error ends the wait.
  std::function<Status()> keep_waiting;

  /// The Dispatcher's own, of its last try.
  std::vector<std::string> models = {};
  int64_t lost_leases = 0;
  uint64_t generation = 0;
  bool busy = false;
};

class Dispatcher {
 public:
  struct Options {
    /// How long a lease lives without a heartbeat. Raise it when workers stall for longer than this
    /// in one step; a lost worker's jobs wait as much longer.
    std::chrono::milliseconds lease_duration{10000};
  };

  /// References must outlive it.
  Dispatcher(JobQueue& queue, WorkerRegistry& workers, telemetry::Metrics& metrics,
             Options options);

  /// Another server changed a job: it may have no lease any more.
  void ChangedElsewhere(const std::string& job, JobState state);

  /// Gives the leases of jobs that ran when the last server stopped a new life.
  void Recover(const std::vector<JobRecord>& running);

  /// Leases a batch; waits up to `wait` (real time) for the first job. `keep_waiting` is asked a
  /// few times a second; its error ends the wait.
  Result<std::vector<JobRecord>> LeaseJobs(const std::string& worker, int max_jobs,
                                           std::chrono::milliseconds wait,
                                           const std::function<Status()>& keep_waiting);
  /// The same in steps, for waits without a thread. BeginWait() comes first: FAILED_PRECONDITION /
  /// UNKNOWN_WORKER. TryLease() says how the wait ended, or nothing while it goes on; then IsDue()
  /// tells when to try again, which news of the queue may change.
  Status BeginWait(LeaseWait& wait);
  std::optional<Result<std::vector<JobRecord>>> TryLease(LeaseWait& wait);
  bool IsDue(const LeaseWait& wait) const;
  /// `worker` takes no more jobs: it is forgotten, and what it was leased under none of the tokens
  /// `held` goes back to the queue without that attempt. It was in an answer that never reached the
  /// worker.
  void Leave(const std::string& worker, const std::vector<std::string>& held);
  /// Extends the lease; true when the job was asked to stop.
  Result<bool> ReportProgress(const std::string& job, const std::string& token,
                              const v1::JobProgress* progress);
  /// What the job's worker was given. ABORTED / LEASE_LOST when the job is not leased under
  /// `token`.
  Result<std::shared_ptr<const LeasedWork>> FindWork(const std::string& job,
                                                     const std::string& token);
  /// The same for a completion, whose refusal is counted; to be asked before costly work.
  Result<std::shared_ptr<const LeasedWork>> FindWorkToComplete(const std::string& job,
                                                               const std::string& token);
  /// Extends the lease of a completion that takes its time. Lost: counted as a refused result.
  Status ExtendToComplete(const std::string& job, const std::string& token);
  /// Records finished pictures of a job that goes on, and extends its lease; see JobQueue::Record.
  Status Record(const std::string& job, const std::string& token, int first,
                const std::vector<v1::PaintedImage>& images);
  /// Late or second completions are refused and counted.
  Status Complete(const std::string& job, const std::string& token,
                  const JobCompletion& completion);
  Status Fail(const std::string& job, const std::string& token, const JobFailure& failure);

  /// Ends a job at once, wherever it is; see JobQueue::Abort. Its worker's lease is lost.
  Result<JobRecord> Abort(const std::string& job);

  /// Takes back every job whose lease ran out; returns how many. Call a few times a second.
  int ExpireLeases();

  const Options& options() const { return options_; }

 private:
  struct Offer {
    std::vector<JobRecord> jobs;
    /// Nothing, because the worker must end what it has first.
    bool busy = false;
  };

  Result<Offer> TakeFor(const std::string& worker, const std::vector<std::string>& models,
                        int max_jobs);
  // Puts a lease back that its worker does not know of.
  void GiveBack(const std::string& job, const Lease& lease);
  // `error`, counted when it says that a lease is lost.
  Unexpected Refuse(const Error& error);
  // Counts refused leases and forgets ended ones.
  Status EndLease(const std::string& job, const std::string& token, const Result<JobRecord>& ended);

  JobQueue& queue_;
  WorkerRegistry& workers_;
  telemetry::Metrics& metrics_;
  const Options options_;
  LeaseTable leases_;
};

}  // namespace atelier::server
