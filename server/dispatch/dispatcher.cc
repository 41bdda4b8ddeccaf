#include "server/dispatch/dispatcher.h"

#include <spdlog/spdlog.h>

#include <algorithm>

namespace atelier::server {
namespace {

// How often a waiting call looks whether its caller is still there.
constexpr std::chrono::milliseconds kPollInterval(250);

}  // namespace

Dispatcher::Dispatcher(JobQueue& queue, WorkerRegistry& workers, telemetry::Metrics& metrics,
                       const Clock& clock, Options options)
    : queue_(queue),
      workers_(workers),
      metrics_(metrics),
      options_(options),
      leases_(clock, options.lease_duration) {}

void Dispatcher::Recover(const std::vector<JobRecord>& running) {
  for (const JobRecord& job : running) {
    leases_.Grant({job.id, job.lease_token, "", job.lost_workers > 0});
  }
}

Result<std::vector<JobRecord>> Dispatcher::LeaseJobs(const std::string& worker, int max_jobs,
                                                     std::chrono::milliseconds wait,
                                                     const std::function<Status()>& keep_waiting) {
  const auto models = workers_.ModelsOf(worker);
  if (!models) {
    return MakeError(Code::kFailedPrecondition, "UNKNOWN_WORKER",
                     "worker " + worker + " must register first");
  }
  const int64_t lost_leases = workers_.LostLeasesOf(worker);
  const auto deadline = std::chrono::steady_clock::now() + wait;
  while (true) {
    ATELIER_RETURN_IF_ERROR(keep_waiting());
    // It was silent while this call waited: nobody may be there to take what it would be given,
    // which would then wait for another lease. If somebody is, the next call says so.
    if (workers_.LostLeasesOf(worker) != lost_leases) return std::vector<JobRecord>();
    workers_.Touch(worker);
    // Read before taking: a job that comes in between ends the wait below at once.
    const uint64_t generation = queue_.feed().queue_generation();
    ATELIER_ASSIGN_OR_RETURN(const Offer offer, TakeFor(worker, *models, max_jobs));
    if (!offer.jobs.empty()) return offer.jobs;
    do {
      const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
          deadline - std::chrono::steady_clock::now());
      if (left.count() <= 0) return offer.jobs;
      ATELIER_RETURN_IF_ERROR(keep_waiting());
      queue_.feed().WaitForQueued(generation, std::min(left, kPollInterval));
      // What the worker itself must end first is no news of the queue.
    } while (!offer.busy && queue_.feed().queue_generation() == generation);
  }
}

Result<Dispatcher::Offer> Dispatcher::TakeFor(const std::string& worker,
                                              const std::vector<std::string>& models,
                                              int max_jobs) {
  const LeaseTable::Load load = leases_.LoadOf(worker);
  if (load.alone) return Offer{{}, true};
  Result<std::vector<JobRecord>> jobs = queue_.Take(models, max_jobs, !load.any);
  if (!jobs && jobs.error().reason == kNeedsIdleWorkerReason) return Offer{{}, true};
  if (!jobs) return Propagate(jobs.error());
  for (const JobRecord& job : *jobs) {
    leases_.Grant({job.id, job.lease_token, worker, job.lost_workers > 0});
  }
  return Offer{*std::move(jobs), false};
}

Result<bool> Dispatcher::ReportProgress(const std::string& job, int64_t token,
                                        const v1::JobProgress* progress) {
  if (!leases_.Extend(job, token)) return LeaseLost(job, token);
  workers_.Touch(leases_.WorkerOf(job));
  if (progress) queue_.feed().Progress(job, *progress);
  // It ended meanwhile; here or in EndLease(), whichever comes last.
  if (progress && !leases_.Holds(job, token)) queue_.feed().Forget(job);
  return queue_.feed().CancelRequested(job);
}

Status Dispatcher::CheckCompletion(const std::string& job, int64_t token) {
  if (leases_.Holds(job, token)) return {};
  metrics_.refused_completions.Increment();
  return LeaseLost(job, token);
}

Status Dispatcher::Complete(const std::string& job, int64_t token,
                            const std::vector<v1::PaintedImage>& images,
                            const WarningMessages& warnings) {
  const Status ended = EndLease(job, token, queue_.Complete(job, token, images, warnings));
  if (!ended && ended.error().reason == kLeaseLostReason) metrics_.refused_completions.Increment();
  return ended;
}

Status Dispatcher::Fail(const std::string& job, int64_t token, const JobFailure& failure) {
  return EndLease(job, token, queue_.Fail(job, token, failure));
}

int Dispatcher::ExpireLeases() {
  int count = 0;
  for (const Lease& lease : leases_.TakeExpired()) {
    // Before the job is there to be leased again.
    workers_.LostLease(lease.worker);
    const JobFailure lost{kWorkerLostReason, "the worker was silent until its lease ran out", true};
    const Result<JobRecord> job = queue_.Fail(lease.job, lease.token, lost);
    if (job) {
      ++count;
      metrics_.expired_leases.Increment();
      spdlog::warn("job={} attempt={} worker={} state={} lease ran out", lease.job, job->attempt,
                   lease.worker, JobStateName(job->state));
    } else if (job.error().reason != kLeaseLostReason) {
      // The store failed, not the lease: keep it, and try again when it runs out the next time.
      leases_.Grant(lease);
      spdlog::error("job={} cannot take back an expired lease: {}", lease.job, job.error().message);
    }
  }
  return count;
}

Unexpected Dispatcher::LeaseLost(const std::string& job, int64_t token) {
  metrics_.lost_lease_calls.Increment();
  return MakeError(Code::kAborted, kLeaseLostReason,
                   "lease " + std::to_string(token) + " of jobs/" + job + " is over");
}

Status Dispatcher::EndLease(const std::string& job, int64_t token, const Result<JobRecord>& ended) {
  if (!ended) {
    const bool gone =
        ended.error().reason == kLeaseLostReason || ended.error().code == Code::kNotFound;
    if (gone) return LeaseLost(job, token);
    return Propagate(ended.error());
  }
  leases_.Remove(job, token);
  queue_.feed().Forget(job);
  return {};
}

}  // namespace atelier::server
