#include "server/dispatch/dispatcher.h"

#include <spdlog/spdlog.h>

#include <algorithm>

namespace atelier::server {
namespace {

constexpr char kLeaseUnreadReason[] = "LEASE_UNREAD";

}  // namespace

Dispatcher::Dispatcher(JobQueue& queue, WorkerRegistry& workers, telemetry::Metrics& metrics,
                       Options options)
    : queue_(queue),
      workers_(workers),
      metrics_(metrics),
      options_(options),
      leases_(queue.store(), queue.time(), options.lease_duration,
              queue.sharing() ? LeaseTable::Truth::kRows : LeaseTable::Truth::kMemory) {}

void Dispatcher::ChangedElsewhere(const std::string& job, JobState state) {
  if (state != JobState::kRunning) leases_.Forget(job);
}

void Dispatcher::Recover(const std::vector<JobRecord>& running) {
  for (const JobRecord& job : running) {
    if (job.lease) leases_.Begin(job);
  }
}

Result<std::vector<JobRecord>> Dispatcher::LeaseJobs(const std::string& worker, int max_jobs,
                                                     std::chrono::milliseconds wait,
                                                     const std::function<Status()>& keep_waiting) {
  LeaseWait asked{worker, max_jobs, std::chrono::steady_clock::now() + wait, keep_waiting};
  ATELIER_RETURN_IF_ERROR(BeginWait(asked));
  while (true) {
    if (auto leased = TryLease(asked)) return *std::move(leased);
    do {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(
          asked.deadline - std::chrono::steady_clock::now());
      queue_.feed().WaitForQueued(
          asked.generation, std::clamp(left, std::chrono::milliseconds(0), kLeasePollInterval));
    } while (!IsDue(asked));
  }
}

Status Dispatcher::BeginWait(LeaseWait& wait) {
  auto models = workers_.ModelsOf(wait.worker);
  if (!models) {
    return MakeError(Code::kFailedPrecondition, "UNKNOWN_WORKER",
                     "worker " + wait.worker + " must register first");
  }
  wait.models = *std::move(models);
  wait.lost_leases = workers_.LostLeasesOf(wait.worker);
  return {};
}

std::optional<Result<std::vector<JobRecord>>> Dispatcher::TryLease(LeaseWait& wait) {
  using Leased = Result<std::vector<JobRecord>>;
  if (Status there = wait.keep_waiting(); !there) return Leased(Propagate(there.error()));
  workers_.LookUp(wait.worker);
  // It was silent while this call waited: nobody may be there to take what it would be given, which
  // would then wait for another lease. If somebody is, the next call says so.
  if (workers_.LostLeasesOf(wait.worker) != wait.lost_leases) return Leased();
  workers_.Touch(wait.worker);
  // Read before taking: a job that comes in between is news.
  wait.generation = queue_.feed().queue_generation();
  Result<Offer> offer = TakeFor(wait.worker, wait.models, wait.max_jobs);
  if (!offer) return Leased(Propagate(offer.error()));
  if (offer->jobs.empty()) {
    // What the worker itself must end first is no news of the queue.
    wait.busy = offer->busy;
    if (std::chrono::steady_clock::now() < wait.deadline) return std::nullopt;
    return Leased();
  }
  Status there = wait.keep_waiting();
  // It may have left meanwhile, at another server too.
  workers_.LookUp(wait.worker);
  if (there && workers_.Knows(wait.worker)) return Leased(std::move(offer->jobs));
  // Nobody is there any more to take them.
  for (const JobRecord& job : offer->jobs) GiveBack(job.id, *job.lease);
  if (!there) return Leased(Propagate(there.error()));
  return Leased();
}

bool Dispatcher::IsDue(const LeaseWait& wait) const {
  return wait.busy || queue_.feed().queue_generation() != wait.generation ||
         std::chrono::steady_clock::now() >= wait.deadline || !wait.keep_waiting();
}

Result<Dispatcher::Offer> Dispatcher::TakeFor(const std::string& worker,
                                              const std::vector<std::string>& models,
                                              int max_jobs) {
  ATELIER_ASSIGN_OR_RETURN(const WorkerLoad load, queue_.store().LoadOf(worker));
  if (load.alone) return Offer{{}, true};
  Result<std::vector<JobRecord>> jobs =
      queue_.Take(worker, models, max_jobs, {!load.any, options_.lease_duration});
  if (!jobs && jobs.error().reason == kNeedsIdleWorkerReason) return Offer{{}, true};
  if (!jobs) return Propagate(jobs.error());
  for (const JobRecord& job : *jobs) leases_.Begin(job);
  return Offer{*std::move(jobs), false};
}

void Dispatcher::Leave(const std::string& worker, const std::vector<std::string>& held) {
  // First: a call of the worker that is just taking jobs looks afterwards whether it is known.
  workers_.Forget(worker);
  const Result<std::vector<JobLease>> leases = leases_.FindOf(worker);
  if (!leases) {
    // Then they run out.
    spdlog::warn("worker={} its leases are not read: {}", worker, leases.error().message);
    return;
  }
  for (const auto& [job, lease] : *leases) {
    if (std::find(held.begin(), held.end(), lease.token) == held.end()) GiveBack(job, lease);
  }
}

void Dispatcher::GiveBack(const std::string& job, const Lease& lease) {
  const JobFailure unread{.reason = kLeaseUnreadReason,
                          .message = "the worker left before it read of the lease",
                          .retryable = true,
                          .uncounted = true};
  const Status ended = Fail(job, lease.token, unread);
  // Then it runs out.
  if (!ended) spdlog::warn("job={} not given back: {}", job, ended.error().message);
}

Result<bool> Dispatcher::ReportProgress(const std::string& job, const std::string& token,
                                        const v1::JobProgress* progress) {
  const Result<std::string> worker = leases_.Extend(job, token);
  if (!worker) return Refuse(worker.error());
  workers_.Touch(*worker);
  if (progress) queue_.Progress(job, *progress);
  // It ended meanwhile; here or in EndLease(), whichever comes last.
  if (progress && !leases_.Check(job, token)) queue_.feed().Forget(job);
  return queue_.feed().CancelRequested(job);
}

Result<std::shared_ptr<const LeasedWork>> Dispatcher::FindWork(const std::string& job,
                                                               const std::string& token) {
  Result<std::shared_ptr<const LeasedWork>> work = leases_.FindWork(job, token);
  if (work) return work;
  return Refuse(work.error());
}

Result<std::shared_ptr<const LeasedWork>> Dispatcher::FindWorkToComplete(const std::string& job,
                                                                         const std::string& token) {
  Result<std::shared_ptr<const LeasedWork>> work = FindWork(job, token);
  if (!work && work.error().reason == kLeaseLostReason) metrics_.refused_completions.Increment();
  return work;
}

Status Dispatcher::ExtendToComplete(const std::string& job, const std::string& token) {
  const Result<bool> cancel = ReportProgress(job, token, nullptr);
  if (cancel) return {};
  if (cancel.error().reason == kLeaseLostReason) metrics_.refused_completions.Increment();
  return Unexpected(cancel.error());
}

Status Dispatcher::Record(const std::string& job, const std::string& token, int first,
                          const std::vector<v1::PaintedImage>& images) {
  ATELIER_RETURN_IF_ERROR(ReportProgress(job, token, nullptr));
  const Result<JobRecord> recorded = queue_.Record(job, token, first, images);
  return recorded ? Status() : Refuse(recorded.error());
}

Status Dispatcher::Complete(const std::string& job, const std::string& token,
                            const JobCompletion& completion) {
  const Status ended = EndLease(job, token, queue_.Complete(job, token, completion));
  if (!ended && ended.error().reason == kLeaseLostReason) metrics_.refused_completions.Increment();
  return ended;
}

Status Dispatcher::Fail(const std::string& job, const std::string& token,
                        const JobFailure& failure) {
  return EndLease(job, token, queue_.Fail(job, token, failure));
}

Result<JobRecord> Dispatcher::Abort(const std::string& job) {
  ATELIER_ASSIGN_OR_RETURN(JobRecord ended, queue_.Abort(job));
  leases_.Forget(job);
  queue_.feed().Forget(job);
  return ended;
}

int Dispatcher::ExpireLeases() {
  const Result<std::vector<JobLease>> expired = leases_.FindExpired();
  if (!expired) {
    spdlog::error("cannot read the leases: {}", expired.error().message);
    return 0;
  }
  int count = 0;
  for (const auto& [id, lease] : *expired) {
    // Before the job is there to be leased again.
    workers_.LostLease(lease.worker);
    const JobFailure lost{kWorkerLostReason, "the worker was silent until its lease ran out", true};
    const Result<JobRecord> job = queue_.Fail(id, lease.token, lost);
    if (job) {
      ++count;
      leases_.Remove(id, lease.token);
      metrics_.expired_leases.Increment();
      spdlog::warn("job={} attempt={} worker={} state={} lease ran out", id, job->attempt,
                   lease.worker, JobStateName(job->state));
    } else if (job.error().reason != kLeaseLostReason) {
      // The store failed, not the lease: keep it, and try again when it runs out the next time.
      leases_.BeginAgain({id, lease});
      spdlog::error("job={} cannot take back an expired lease: {}", id, job.error().message);
    }
  }
  return count;
}

Unexpected Dispatcher::Refuse(const Error& error) {
  if (error.reason == kLeaseLostReason) metrics_.lost_lease_calls.Increment();
  return Propagate(error);
}

Status Dispatcher::EndLease(const std::string& job, const std::string& token,
                            const Result<JobRecord>& ended) {
  if (!ended && ended.error().code == Code::kNotFound) return Refuse(LeaseLost(job).value());
  if (!ended) return Refuse(ended.error());
  leases_.Remove(job, token);
  queue_.feed().Forget(job);
  return {};
}

}  // namespace atelier::server
