#include "server/jobs/job_queue.h"

#include <utility>

namespace atelier::server {
namespace {

Status CheckLease(const JobRecord& job, int64_t token) {
  if (job.state == JobState::kRunning && job.lease_token == token) return {};
  return MakeError(Code::kAborted, kLeaseLostReason,
                   "lease " + std::to_string(token) + " of jobs/" + job.id + " is over");
}

}  // namespace

JobQueue::JobQueue(JobStore& store, telemetry::Metrics& metrics, const Clock& clock,
                   Options options)
    : store_(store), metrics_(metrics), clock_(clock), options_(options) {}

Result<std::vector<JobRecord>> JobQueue::Recover() {
  ATELIER_ASSIGN_OR_RETURN(const JobStore::Counts counts, store_.Count());
  metrics_.queue_depth.Set(static_cast<double>(counts.queued));
  metrics_.running_jobs.Set(static_cast<double>(counts.running));
  ATELIER_ASSIGN_OR_RETURN(std::vector<JobRecord> running, store_.ListRunning());
  for (const JobRecord& job : running) feed_.Changed(job);
  return running;
}

Result<JobRecord> JobQueue::Submit(JobRecord job) {
  job.state = JobState::kQueued;
  job.create_time_ms = NowMs();
  ATELIER_ASSIGN_OR_RETURN(JobStore::Inserted inserted, store_.Insert(job, options_.max_queued));
  if (inserted.joined) return std::move(inserted.job);
  metrics_.submitted_jobs.Increment();
  metrics_.queue_depth.Increment();
  feed_.Changed(inserted.job);
  return std::move(inserted.job);
}

Result<JobRecord> JobQueue::Get(const std::string& id) { return store_.Get(id); }

Result<int64_t> JobQueue::Position(const JobRecord& job) {
  if (job.state != JobState::kQueued) return 0;
  return store_.CountAhead(job.sequence);
}

Result<std::vector<JobRecord>> JobQueue::List(int limit, int64_t before_sequence) {
  return store_.List(limit, before_sequence);
}

Result<JobRecord> JobQueue::Cancel(const std::string& id) {
  JobState before = JobState::kQueued;
  bool changed = false;
  ATELIER_ASSIGN_OR_RETURN(JobRecord job, store_.Update(id, [&](JobRecord& job) -> Status {
    before = job.state;
    if (IsFinal(job.state) || job.cancel_requested) return {};
    changed = true;
    job.cancel_requested = true;
    return job.state == JobState::kQueued ? Move(job, JobState::kCancelled) : Status();
  }));
  if (changed) Announce(before, job);
  return job;
}

Result<std::vector<JobRecord>> JobQueue::Take(const std::vector<std::string>& models,
                                              int max_jobs) {
  ATELIER_ASSIGN_OR_RETURN(std::vector<JobRecord> taken,
                           store_.TakeQueued(models, max_jobs, [&](JobRecord& job) -> Status {
                             ++job.attempt;
                             ++job.lease_token;
                             return Move(job, JobState::kRunning);
                           }));
  for (const JobRecord& job : taken) Announce(JobState::kQueued, job);
  return taken;
}

Result<JobRecord> JobQueue::Complete(const std::string& id, int64_t token,
                                     const std::vector<v1::PaintedImage>& images) {
  ATELIER_ASSIGN_OR_RETURN(JobRecord job, store_.Update(id, [&](JobRecord& job) -> Status {
    ATELIER_RETURN_IF_ERROR(CheckLease(job, token));
    ATELIER_RETURN_IF_ERROR(Move(job, JobState::kSucceeded));
    Finish(job, images);
    return {};
  }));
  Announce(JobState::kRunning, job);
  return job;
}

Result<JobRecord> JobQueue::Fail(const std::string& id, int64_t token, const JobFailure& failure) {
  ATELIER_ASSIGN_OR_RETURN(JobRecord job, store_.Update(id, [&](JobRecord& job) -> Status {
    ATELIER_RETURN_IF_ERROR(CheckLease(job, token));
    if (job.cancel_requested || failure.reason == kCancelledReason) {
      Finish(job, {});
      return Move(job, JobState::kCancelled);
    }
    if (failure.retryable && job.attempt < options_.max_attempts) {
      return Move(job, JobState::kQueued);
    }
    job.error_reason = failure.reason;
    job.error_message = failure.message;
    Finish(job, {});
    return Move(job, JobState::kFailed);
  }));
  Announce(JobState::kRunning, job);
  return job;
}

int64_t JobQueue::NowMs() const {
  return std::chrono::duration_cast<std::chrono::milliseconds>(clock_.NowWall().time_since_epoch())
      .count();
}

Status JobQueue::Move(JobRecord& job, JobState to) const {
  ATELIER_ASSIGN_OR_RETURN(job.state, Transition(job.state, to));
  if (to == JobState::kRunning) job.start_time_ms = NowMs();
  if (IsFinal(to)) job.end_time_ms = NowMs();
  return {};
}

void JobQueue::Finish(JobRecord& job, const std::vector<v1::PaintedImage>& images) {
  v1::Job outcome;
  for (const v1::PaintedImage& image : images) *outcome.add_images() = image;
  const v1::JobProgress progress = feed_.LastProgress(job.id);
  if (progress.steps() > 0) *outcome.mutable_progress() = progress;
  job.outcome = outcome.SerializeAsString();
}

void JobQueue::Announce(JobState before, const JobRecord& after) {
  if (before != after.state) {
    if (before == JobState::kQueued) metrics_.queue_depth.Decrement();
    if (before == JobState::kRunning) metrics_.running_jobs.Decrement();
    if (after.state == JobState::kQueued) metrics_.queue_depth.Increment();
    if (after.state == JobState::kRunning) metrics_.running_jobs.Increment();
    if (IsFinal(after.state)) {
      metrics_.FinishedJobs(std::string(JobStateName(after.state))).Increment();
      metrics_.job_seconds.Observe(static_cast<double>(after.end_time_ms - after.create_time_ms) /
                                   1000.0);
    }
  }
  feed_.Changed(after);
}

}  // namespace atelier::server
