#include "server/jobs/job_queue.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <tuple>
#include <utility>

namespace atelier::server {
namespace {

Status CheckLease(const JobRecord& job, const std::string& token) {
  const bool held = job.state == JobState::kRunning && job.lease && job.lease->token == token;
  return held ? Status() : LeaseLost(job.id);
}

// Forgets the pictures that were recorded.
void DropPictures(JobRecord& job) {
  v1::Job outcome;
  if (!outcome.ParseFromString(job.outcome)) outcome.Clear();
  outcome.clear_images();
  job.outcome = outcome.SerializeAsString();
}

// Adds `images` to the outcome's, of which there are `first`; those that are there already must be
// the same.
Status AddPictures(int first, const std::vector<v1::PaintedImage>& images, JobRecord& job) {
  v1::Job outcome;
  if (!outcome.ParseFromString(job.outcome)) {
    return MakeError(Code::kDataLoss, "BAD_JOB_ROW", "jobs/" + job.id + " does not parse");
  }
  const int known = outcome.images_size();
  bool fits = first <= known;
  for (size_t i = 0; fits && i < images.size(); ++i) {
    const int at = first + static_cast<int>(i);
    if (at >= known) *outcome.add_images() = images[i];
    if (at < known) fits = outcome.images(at).asset() == images[i].asset();
  }
  if (!fits) {
    return InvalidField("first", "the number of recorded pictures, " + std::to_string(known),
                        std::to_string(first));
  }
  job.outcome = outcome.SerializeAsString();
  return {};
}

// Jobs that one transaction of upkeep touches: others wait behind it.
constexpr int kUpkeepBatch = 500;
// Finished jobs that a new server learns the durations from.
constexpr int kRemembered = 200;

double Seconds(int64_t milliseconds) { return static_cast<double>(milliseconds) / 1000.0; }

// 0 for what is no time.
int64_t Milliseconds(double seconds) {
  return seconds > 0 && seconds < 1e9 ? std::llround(seconds * 1000) : 0;
}

int64_t OrAny(int64_t limit) { return limit > 0 ? limit : std::numeric_limits<int64_t>::max(); }

JobStore::RunningLimit MakeRunningLimit(const TenantLimitTable& tenants) {
  if (!tenants.LimitsRunning()) return nullptr;
  return [&tenants](const std::string& tenant) { return OrAny(tenants.Of(tenant).running); };
}

std::string Millions(int64_t count) { return std::to_string(count / 1'000'000); }

}  // namespace

JobQueue::JobQueue(JobStore& store, telemetry::Metrics& metrics, const Clock& clock,
                   Options options)
    : store_(store),
      metrics_(metrics),
      clock_(clock),
      options_(std::move(options)),
      time_(clock),
      running_limit_(MakeRunningLimit(options_.tenants)) {}

Result<std::vector<JobRecord>> JobQueue::Recover() {
  if (sharing()) {
    ATELIER_RETURN_IF_ERROR(FollowTime());
  } else {
    ATELIER_ASSIGN_OR_RETURN(const int64_t latest_ms, store_.LatestMs());
    time_.NotBefore(latest_ms);
  }
  ATELIER_RETURN_IF_ERROR(RecoverEstimate());
  ATELIER_ASSIGN_OR_RETURN(const JobStore::Counts counts, store_.Count());
  metrics_.queue_depth.Set(static_cast<double>(counts.queued));
  metrics_.running_jobs.Set(static_cast<double>(counts.running));
  ATELIER_ASSIGN_OR_RETURN(std::vector<JobRecord> running, store_.ListRunning());
  for (const JobRecord& job : running) {
    durations_.Resumed(job);
    feed_.Changed(job);
  }
  ATELIER_RETURN_IF_ERROR(TakeBackUnleased());
  std::erase_if(running, [](const JobRecord& job) { return !job.lease; });
  return running;
}

Status JobQueue::FollowTime() {
  const Clock::Monotonic asked = clock_.NowMonotonic();
  ATELIER_ASSIGN_OR_RETURN(const int64_t store_ms, sharing()->store.NowMs());
  time_.Follow(store_ms,
               std::chrono::ceil<std::chrono::milliseconds>(clock_.NowMonotonic() - asked));
  return {};
}

Status JobQueue::RecoverEstimate() {
  constexpr int64_t kNewest = std::numeric_limits<int64_t>::max();
  ATELIER_ASSIGN_OR_RETURN(std::vector<JobRecord> finished,
                           store_.List(kRemembered, kNewest, {.states = {JobState::kSucceeded}}));
  std::sort(finished.begin(), finished.end(), [](const JobRecord& a, const JobRecord& b) {
    return std::tie(a.ended_ms, a.sequence) < std::tie(b.ended_ms, b.sequence);
  });
  durations_.Remember(finished);
  ATELIER_ASSIGN_OR_RETURN(const std::vector<JobRecord> queued, ListQueued());
  for (const JobRecord& job : queued) durations_.Queued(job);
  return {};
}

Result<std::vector<JobRecord>> JobQueue::ListQueued() {
  std::vector<JobRecord> all;
  int64_t before = std::numeric_limits<int64_t>::max();
  while (true) {
    ATELIER_ASSIGN_OR_RETURN(std::vector<JobRecord> some,
                             store_.List(kUpkeepBatch, before, {.states = {JobState::kQueued}}));
    const bool last = some.size() < kUpkeepBatch;
    if (!last) before = some.back().sequence;
    std::move(some.begin(), some.end(), std::back_inserter(all));
    if (last) return all;
  }
}

QueueLimits JobQueue::LimitsOf(const std::string& tenant) const {
  const TenantLimits& of_tenant = options_.tenants.Of(tenant);
  return {options_.max_queued, of_tenant.queued > 0 ? of_tenant.queued : options_.max_queued,
          OrAny(of_tenant.step_pixels)};
}

QueueTerms JobQueue::WithDefaults(QueueTerms terms) const {
  if (terms.ttl.count() == 0) terms.ttl = options_.queue_ttl;
  return terms;
}

Status JobQueue::CheckRoom(const JobRecord& job) {
  const auto check = [&]() -> Status {
    ATELIER_ASSIGN_OR_RETURN(const JobStore::Counts counts, store_.Count());
    if (counts.queued >= options_.max_queued) return QueueFull(options_.max_queued);
    const TenantLimits& of_tenant = options_.tenants.Of(job.tenant);
    if (of_tenant.queued == 0 && of_tenant.step_pixels == 0) return {};
    ATELIER_ASSIGN_OR_RETURN(const TenantLoad load, store_.LoadOfTenant(job.tenant));
    return CheckTenantLimits(job, load, LimitsOf(job.tenant));
  };
  Status room = check();
  if (!room) CountRefused(room.error().reason);
  return room;
}

Status JobQueue::CheckCost(int64_t step_pixels, const std::string& field) const {
  if (step_pixels <= OrAny(options_.max_job_step_pixels)) return {};
  Error error{Code::kInvalidArgument, "JOB_COST",
              field + " must cost at most " + Millions(options_.max_job_step_pixels) +
                  " megapixel steps (pixels times steps of all pictures, twice with guidance)."
                  " Given: " +
                  Millions(step_pixels),
              field};
  return Unexpected(std::move(error));
}

void JobQueue::CountRepeated(bool same_body) {
  if (same_body) metrics_.joined_submits.Increment();
  if (!same_body) metrics_.RefusedSubmits("REQUEST_ID_REUSED").Increment();
}

void JobQueue::CountRefused(const std::string& reason) {
  metrics_.RefusedSubmits(reason).Increment();
}

double JobQueue::SecondsSince(int64_t milliseconds) const {
  return std::max(0.0, Seconds(time_.NowMs() - milliseconds));
}

Result<JobRecord> JobQueue::Submit(JobRecord job, const QueueTerms& terms) {
  job.state = JobState::kQueued;
  job.create_time_ms = WallMs();
  job.queued_ms = time_.NowMs();
  job.rank_ms = job.queued_ms - terms.priority * options_.ageing.count();
  const auto ttl = WithDefaults(terms).ttl;
  job.expires_ms = ttl.count() > 0 ? job.queued_ms + ttl.count() : 0;
  Result<JobStore::Inserted> inserted = store_.Insert(job, LimitsOf(job.tenant));
  if (!inserted) {
    metrics_.RefusedSubmits(inserted.error().reason).Increment();
    return Propagate(inserted.error());
  }
  if (inserted->joined) {
    metrics_.joined_submits.Increment();
    return std::move(inserted->job);
  }
  metrics_.submitted_jobs.Increment();
  metrics_.queue_depth.Increment();
  durations_.Queued(inserted->job);
  feed_.Changed(inserted->job);
  if (sharing()) sharing()->outbox.Changed(std::nullopt, inserted->job);
  return std::move(inserted->job);
}

Result<JobRecord> JobQueue::Get(const std::string& id) { return store_.Get(id); }

Result<int64_t> JobQueue::Position(const JobRecord& job) {
  if (job.state != JobState::kQueued) return 0;
  return store_.CountAhead(job);
}

Result<std::vector<JobRecord>> JobQueue::List(int limit, int64_t before_sequence,
                                              const JobFilter& filter) {
  return store_.List(limit, before_sequence, filter);
}

Result<JobRecord> JobQueue::Cancel(const std::string& id) {
  JobState before = JobState::kQueued;
  bool changed = false;
  ATELIER_ASSIGN_OR_RETURN(JobRecord job, store_.Update(id, [&](JobRecord& job) -> Status {
    before = job.state;
    changed = !IsFinal(job.state) && !job.cancel_requested;
    if (!changed) return {};
    job.cancel_requested = true;
    return job.state == JobState::kQueued ? Move(job, JobState::kCancelled) : Status();
  }));
  if (changed) Announce(before, job);
  return job;
}

Result<JobRecord> JobQueue::Abort(const std::string& id) {
  JobState before = JobState::kQueued;
  ATELIER_ASSIGN_OR_RETURN(JobRecord job, store_.Update(id, [&](JobRecord& job) -> Status {
    before = job.state;
    if (IsFinal(job.state)) return {};
    job.cancel_requested = true;
    return Move(job, JobState::kCancelled);
  }));
  if (before != job.state) Announce(before, job);
  return job;
}

Status JobQueue::Delete(const std::string& id) {
  ATELIER_RETURN_IF_ERROR(store_.Delete(id));
  metrics_.deleted_jobs.Increment();
  return {};
}

Result<std::vector<JobRecord>> JobQueue::Take(const std::string& worker,
                                              const std::vector<std::string>& models, int max_jobs,
                                              const LeaseTerms& terms) {
  durations_.Asked(worker, models, max_jobs);
  if (sharing()) sharing()->outbox.Asked(worker, models, max_jobs);
  Result<std::vector<JobRecord>> taken = store_.TakeQueued(
      models, max_jobs,
      [&](JobRecord& job) -> Status {
        const bool alone = job.lost_workers > 0;
        if (alone && !terms.idle) {
          return MakeError(Code::kUnavailable, kNeedsIdleWorkerReason, "the worker has other jobs");
        }
        ++job.attempt;
        job.lease = Lease{NewLeaseToken(), worker, alone, time_.NowMs() + terms.duration.count()};
        return Move(job, JobState::kRunning);
      },
      running_limit_);
  if (!taken) return taken;
  durations_.Started(worker, *taken);
  for (const JobRecord& job : *taken) Announce(JobState::kQueued, job);
  return taken;
}

void JobQueue::Progress(const std::string& id, const v1::JobProgress& progress) {
  durations_.Progressed(id, progress);
  feed_.Progress(id, progress);
  if (!sharing()) return;
  if (!progress.preview().empty()) {
    const Status kept = sharing()->store.PutPreview(id, progress.preview());
    if (!kept) spdlog::warn("job={} its preview is not kept: {}", id, kept.error().message);
  }
  sharing()->outbox.Reported(id, progress);
}

Result<JobRecord> JobQueue::Record(const std::string& id, const std::string& token, int first,
                                   const std::vector<v1::PaintedImage>& images) {
  ATELIER_ASSIGN_OR_RETURN(JobRecord job, store_.Update(id, [&](JobRecord& job) -> Status {
    ATELIER_RETURN_IF_ERROR(CheckLease(job, token));
    return AddPictures(first, images, job);
  }));
  Announce(JobState::kRunning, job);
  return job;
}

Result<JobRecord> JobQueue::Complete(const std::string& id, const std::string& token,
                                     const JobCompletion& completion) {
  const auto succeed = [&](JobRecord& job) -> Status {
    ATELIER_RETURN_IF_ERROR(CheckLease(job, token));
    ATELIER_RETURN_IF_ERROR(Move(job, JobState::kSucceeded));
    job.device_ms += Milliseconds(completion.device_seconds);
    job.pictures = static_cast<int64_t>(completion.images.size());
    Finish(job, completion);
    return {};
  };
  ATELIER_ASSIGN_OR_RETURN(JobRecord job, store_.Update(id, succeed, completion.owners));
  Announce(JobState::kRunning, job);
  return job;
}

Result<JobRecord> JobQueue::Fail(const std::string& id, const std::string& token,
                                 const JobFailure& failure) {
  ATELIER_ASSIGN_OR_RETURN(JobRecord job, store_.Update(id, [&](JobRecord& job) -> Status {
    ATELIER_RETURN_IF_ERROR(CheckLease(job, token));
    return EndAttempt(job, failure);
  }));
  Announce(JobState::kRunning, job);
  return job;
}

Status JobQueue::EndAttempt(JobRecord& job, const JobFailure& failure) {
  job.device_ms += Milliseconds(failure.device_seconds);
  if (job.cancel_requested || failure.reason == kCancelledReason) {
    Finish(job, {.warnings = failure.warnings});
    return Move(job, JobState::kCancelled);
  }
  if (failure.retryable && failure.uncounted) {
    --job.attempt;
    return Move(job, JobState::kQueued);
  }
  if (failure.reason == kWorkerLostReason) {
    // From now on it runs alone, so that if it is what kills workers, it kills no other's attempt.
    ++job.lost_workers;
    job.batch_key = "alone|" + job.id;
  }
  if (failure.retryable && job.attempt < options_.max_attempts) {
    return Move(job, JobState::kQueued);
  }
  job.error_reason = failure.reason;
  job.error_message = failure.message;
  Finish(job, {.warnings = failure.warnings});
  if (failure.drops_pictures) DropPictures(job);
  return Move(job, JobState::kFailed);
}

Result<int64_t> JobQueue::TakeBackUnleased() {
  ATELIER_ASSIGN_OR_RETURN(const std::vector<JobRecord> unleased, store_.ListUnleased());
  const JobFailure lost{kWorkerLostReason, "its lease was lost", true};
  int64_t taken_back = 0;
  for (const JobRecord& found : unleased) {
    bool still = false;
    ATELIER_ASSIGN_OR_RETURN(const JobRecord job,
                             store_.Update(found.id, [&](JobRecord& job) -> Status {
                               still = job.state == JobState::kRunning && !job.lease;
                               return still ? EndAttempt(job, lost) : Status();
                             }));
    if (!still) continue;
    ++taken_back;
    Announce(JobState::kRunning, job);
    spdlog::error("job={} state={} it ran without a lease", job.id, JobStateName(job.state));
  }
  return taken_back;
}

Result<int64_t> JobQueue::ExpireQueued() {
  int64_t expired = 0;
  while (true) {
    const int64_t now_ms = time_.NowMs();
    ATELIER_ASSIGN_OR_RETURN(
        const std::vector<JobRecord> overdue,
        store_.TakeOverdue(now_ms, kUpkeepBatch, [&](JobRecord& job) -> Status {
          job.error_reason = kQueueTtlReason;
          job.error_message = "it waited " + std::to_string((now_ms - job.queued_ms) / 1000) +
                              " s in the queue, longer than its queue_ttl of " +
                              std::to_string((job.expires_ms - job.queued_ms) / 1000) + " s";
          return Move(job, JobState::kExpired);
        }));
    for (const JobRecord& job : overdue) Announce(JobState::kQueued, job);
    expired += static_cast<int64_t>(overdue.size());
    if (overdue.size() < kUpkeepBatch) return expired;
  }
}

Result<int64_t> JobQueue::ExpireModel(const std::string& model, const std::string& message) {
  int64_t expired = 0;
  while (true) {
    ATELIER_ASSIGN_OR_RETURN(
        const std::vector<JobRecord> ended,
        store_.TakeQueued({model}, kUpkeepBatch, [&](JobRecord& job) -> Status {
          job.error_reason = kModelGoneReason;
          job.error_message = message;
          return Move(job, JobState::kExpired);
        }));
    if (ended.empty()) return expired;
    for (const JobRecord& job : ended) Announce(JobState::kQueued, job);
    expired += static_cast<int64_t>(ended.size());
  }
}

Result<int64_t> JobQueue::Prune() {
  constexpr int64_t kForever = std::numeric_limits<int64_t>::max();
  const int64_t age_ms = options_.retain_finished.count();
  const int64_t ended_before_ms = age_ms > 0 ? time_.NowMs() - age_ms : 0;
  const int64_t keep = options_.max_finished > 0 ? options_.max_finished : kForever;
  int64_t pruned = 0;
  while (true) {
    ATELIER_ASSIGN_OR_RETURN(const int64_t some, store_.Prune(ended_before_ms, keep, kUpkeepBatch));
    metrics_.pruned_jobs.Increment(static_cast<double>(some));
    pruned += some;
    if (some < kUpkeepBatch) return pruned;
  }
}

int64_t JobQueue::WallMs() const {
  return std::chrono::duration_cast<std::chrono::milliseconds>(clock_.NowWall().time_since_epoch())
      .count();
}

Status JobQueue::Move(JobRecord& job, JobState to) const {
  ATELIER_ASSIGN_OR_RETURN(job.state, Transition(job.state, to));
  if (to == JobState::kRunning) {
    job.start_time_ms = WallMs();
    job.started_ms = time_.NowMs();
  }
  if (IsFinal(to)) {
    job.end_time_ms = WallMs();
    job.ended_ms = time_.NowMs();
  }
  return {};
}

void JobQueue::Finish(JobRecord& job, const JobCompletion& completion) {
  const std::vector<v1::PaintedImage>& images = completion.images;
  v1::Job outcome;
  // A row that does not parse costs its warnings, not the job's end.
  if (!outcome.ParseFromString(job.outcome)) outcome.Clear();
  MergeWarnings(completion.warnings, *outcome.mutable_warnings());
  // Those that were recorded before are among them.
  if (!images.empty()) outcome.clear_images();
  for (const v1::PaintedImage& image : images) *outcome.add_images() = image;
  if (completion.film) *outcome.mutable_film() = *completion.film;
  if (completion.receipt) *outcome.mutable_receipt() = *completion.receipt;
  const v1::JobProgress progress = feed_.LastProgress(job.id).progress;
  if (progress.steps() > 0) *outcome.mutable_progress() = progress;
  // The pictures may overtake the report of their last step.
  if (!images.empty() && progress.steps() > 0) {
    outcome.mutable_progress()->set_step(progress.steps());
  }
  job.outcome = outcome.SerializeAsString();
}

void JobQueue::Learn(const JobRecord& job) {
  v1::Job outcome;
  if (outcome.ParseFromString(job.outcome)) {
    for (const v1::Warning& warning : outcome.warnings()) {
      metrics_.JobWarnings(warning.reason()).Increment();
    }
  }
  if (job.state == JobState::kExpired) metrics_.expired_jobs.Increment();
  if (job.state == JobState::kFailed) metrics_.FailedJobs(job.error_reason).Increment();
  const bool quarantined = job.state == JobState::kFailed && job.error_reason == kWorkerLostReason;
  if (!quarantined) return;
  metrics_.quarantined_jobs.Increment();
  spdlog::error("job={} tenant={} attempt={} quarantined: no worker survived it", job.id,
                job.tenant, job.attempt);
}

void JobQueue::Announce(JobState before, const JobRecord& after) {
  if (before != after.state) {
    if (before == JobState::kQueued) {
      metrics_.queue_depth.Decrement();
      durations_.LeftQueue(after);
    }
    if (before == JobState::kRunning) {
      metrics_.running_jobs.Decrement();
      durations_.Ended(after);
      // Its tenant has room for one more, which may have waited for that alone.
      if (options_.tenants.Of(after.tenant).running > 0) feed_.MoreMayRun();
    }
    if (after.state == JobState::kQueued) {
      metrics_.queue_depth.Increment();
      durations_.Queued(after);
    }
    if (after.state == JobState::kRunning) metrics_.running_jobs.Increment();
    if (IsFinal(after.state)) {
      metrics_.FinishedJobs(std::string(JobStateName(after.state))).Increment();
      metrics_.job_seconds.Observe(Seconds(after.ended_ms - after.queued_ms));
      Learn(after);
    }
  }
  feed_.Changed(after);
  if (sharing()) sharing()->outbox.Changed(before, after);
}

}  // namespace atelier::server
