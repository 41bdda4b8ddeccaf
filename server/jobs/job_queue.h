// JobQueue: the one place where jobs change state.
//
// Each method is one transaction of the store; after the commit the feed's watchers, the waiting
// workers and the metrics learn of it. Leases are fenced by their token alone here: deadlines are
// the LeaseTable's. Thread-safe.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "atelier/v1/receipt.pb.h"
#include "atelier/v1/sequence.pb.h"
#include "atelier/v1/synthesis.pb.h"
#include "base/clock.h"
#include "server/jobs/duration_estimate.h"
#include "server/jobs/job_feed.h"
#include "server/jobs/queue_time.h"
#include "server/jobs/tenant_room.h"
#include "server/peers/sharing.h"
#include "server/store/job_store.h"
#include "server/store/tenant_limits.h"
#include "telemetry/metrics.h"
#include "warnings/warning_message.h"

namespace atelier::server {

/// Why a lease ended without a result.
struct JobFailure {
  /// Stable UPPER_SNAKE; kCancelledReason acknowledges a cancellation.
  std::string reason;
  std::string message;
  bool retryable = false;
  /// What the worker found before it failed; kept when the job ends with it.
  WarningMessages warnings = {};
  /// Nothing of the job was tried: the attempt does not count. Read with `retryable` alone.
  bool uncounted = false;
  /// Of the worker's device that the attempt took.
  double device_seconds = 0;
  /// Whether pictures that were recorded are forgotten: they may not leave.
  bool drops_pictures = false;
};

/// What a lease ended with when its job succeeded.
struct JobCompletion {
  std::vector<v1::PaintedImage> images = {};
  /// Of a sequence's images.
  std::optional<v1::PaintedFilm> film = std::nullopt;
  /// They join those that the job was queued with.
  WarningMessages warnings = {};
  /// How the images were made; absent from a worker that does not say.
  std::optional<v1::Receipt> receipt = std::nullopt;
  /// Of images that have no row yet: recorded with the job.
  std::vector<AssetOwner> owners = {};
  /// Of the worker's device that the attempt took.
  double device_seconds = 0;
};

inline constexpr char kCancelledReason[] = "CANCELLED";
inline constexpr char kWorkerLostReason[] = "WORKER_LOST";
inline constexpr char kQueueTtlReason[] = "QUEUE_TTL";
inline constexpr char kModelGoneReason[] = "MODEL_GONE";
inline constexpr char kNeedsIdleWorkerReason[] = "NEEDS_IDLE_WORKER";

/// On which terms a job waits.
struct QueueTerms {
  /// Class, within the limits of JobSpec.priority.
  int priority = 0;
  /// Longest time in the queue; 0: no end.
  std::chrono::milliseconds ttl{0};
};

/// On which terms a worker leases jobs.
struct LeaseTerms {
  /// Whether the worker holds no other lease.
  bool idle = true;
  /// How long the lease lives from now.
  std::chrono::milliseconds duration{10'000};
};

class JobQueue {
 public:
  struct Options {
    /// Jobs that may wait; the next one is refused. Raise it for longer bursts: each costs a row.
    int64_t max_queued = 10000;
    /// Attempts a job gets before a lost worker or a retryable failure fails it. Raise it where
    /// workers are often taken away; each costs a job that kills its workers one worker more.
    int max_attempts = 3;
    /// Waiting that is worth one priority class; see JobStore. Longer lets priorities win for
    /// longer; nothing starves for more than 20 times this.
    std::chrono::milliseconds ageing{30'000};
    /// Longest wait of a job that names none; 0: no end.
    std::chrono::milliseconds queue_ttl{0};
    /// How long a finished job, its request_id and its pictures are kept; 0: for ever.
    std::chrono::milliseconds retain_finished = std::chrono::hours(7 * 24);
    /// Finished jobs kept at most, the newest; 0: any number. Each costs a row of about 1 KiB and
    /// its pictures.
    int64_t max_finished = 100'000;
    /// JobRecord::step_pixels that one job may have; 0: any number. Lower it so that no job holds a
    /// worker for long.
    int64_t max_job_step_pixels = 0;
    /// What each tenant may have.
    TenantLimitTable tenants = {};
    /// Null where the store is this server's alone.
    Sharing* sharing = nullptr;
  };

  /// All references must outlive it.
  JobQueue(JobStore& store, telemetry::Metrics& metrics, const Clock& clock, Options options);

  /// Takes over what the store holds; call once before serving. Returns the running jobs, those
  /// with a lease.
  Result<std::vector<JobRecord>> Recover();

  /// Queues `job`, whose id, tenant, spec, model, batch_key, request_* and traceparent are set, or
  /// joins the older one of the same request. `job`'s outcome holds what it is warned of already.
  Result<JobRecord> Submit(JobRecord job, const QueueTerms& terms = {});
  /// `terms` with the server's defaults for what they leave out.
  QueueTerms WithDefaults(QueueTerms terms) const;
  /// The limit that Submit() of `job`, whose tenant and sizes are set, would be refused with now:
  /// RESOURCE_EXHAUSTED / QUEUE_FULL, TENANT_QUEUE_FULL or TENANT_COST_LIMIT. Counts the refusal.
  Status CheckRoom(const JobRecord& job);
  /// INVALID_ARGUMENT / JOB_COST when a job of that size is none that may be submitted; `field`
  /// names its spec.
  Status CheckCost(int64_t step_pixels, const std::string& field) const;
  /// Counts a submit whose request_id was found before it came to Submit().
  void CountRepeated(bool same_body);
  Result<JobRecord> Get(const std::string& id);
  /// Jobs in front of a queued one; see JobStore::CountAhead.
  Result<int64_t> Position(const JobRecord& job);
  /// Estimated seconds to its end of a job with `position` jobs in front of it; see
  /// DurationEstimate::Remaining().
  std::optional<double> RemainingSeconds(const JobRecord& job, int64_t position) const {
    return durations_.Remaining(job, position);
  }
  ModelLoad LoadOf(const std::string& model) const { return durations_.LoadOf(model); }
  Result<std::vector<JobRecord>> List(int limit, int64_t before_sequence,
                                      const JobFilter& filter = {});
  /// Every queued job, newest first.
  Result<std::vector<JobRecord>> ListQueued();
  /// QUEUED: CANCELLED at once. RUNNING: its worker is asked. Final: as it is.
  Result<JobRecord> Cancel(const std::string& id);

  /// Ends a job at once, a running one without asking its worker, whose lease is lost: CANCELLED.
  /// Final: as it is.
  Result<JobRecord> Abort(const std::string& id);

  /// Forgets a final job; see JobStore::Delete.
  Status Delete(const std::string& id);

  /// Starts an attempt at each job of the next batch for `worker`; see JobStore::TakeQueued. A job
  /// that a worker did not survive is taken alone, and only when the worker is idle: until then,
  /// UNAVAILABLE / NEEDS_IDLE_WORKER while it is next.
  Result<std::vector<JobRecord>> Take(const std::string& worker,
                                      const std::vector<std::string>& models, int max_jobs,
                                      const LeaseTerms& terms = {});
  /// A running job's worker told this server how far it is.
  void Progress(const std::string& id, const v1::JobProgress& progress);
  /// Adds finished pictures to those that the job has already, which are `first`. They stay
  /// whatever becomes of the attempt. The same again changes nothing. ABORTED / LEASE_LOST when
  /// `token` is not that of the running attempt; so do the ones below. INVALID_ARGUMENT naming
  /// `first` when the job has others.
  Result<JobRecord> Record(const std::string& id, const std::string& token, int first,
                           const std::vector<v1::PaintedImage>& images);
  Result<JobRecord> Complete(const std::string& id, const std::string& token,
                             const JobCompletion& completion);
  /// Back to the queue when retryable and attempts are left, else FAILED; CANCELLED when the job
  /// was asked to stop.
  Result<JobRecord> Fail(const std::string& id, const std::string& token,
                         const JobFailure& failure);

  /// Takes back the running jobs that have no lease, as from a lost worker, since nobody else
  /// would; returns how many. Call a few times a minute.
  Result<int64_t> TakeBackUnleased();
  /// Ends the queued jobs whose time is over; returns how many. Call a few times a second.
  Result<int64_t> ExpireQueued();
  /// Ends the queued jobs of a model: EXPIRED / MODEL_GONE; returns how many.
  Result<int64_t> ExpireModel(const std::string& model, const std::string& message);
  /// Forgets finished jobs by age and number; returns how many. Call a few times a minute.
  Result<int64_t> Prune();

  /// Seconds of the queue's time since `milliseconds`, a queued_ms or the like; never below 0.
  double SecondsSince(int64_t milliseconds) const;
  /// The wall clock, for times that are shown.
  int64_t WallMs() const;
  /// Counts a submit that was refused before it came to Submit().
  void CountRefused(const std::string& reason);

  /// Asks a shared store for its time, which the queue's follows; see QueueTime. Recover() does it,
  /// and a PeerLink every few seconds.
  Status FollowTime();

  JobFeed& feed() { return feed_; }
  DurationEstimate& durations() { return durations_; }
  QueueTime& time() { return time_; }
  /// Null where the store is this server's alone.
  Sharing* sharing() const { return options_.sharing; }
  JobStore& store() { return store_; }
  TenantRoom& tenant_room() { return tenant_room_; }
  const QueueTime& time() const { return time_; }
  const Options& options() const { return options_; }

 private:
  Status RecoverEstimate();
  QueueLimits LimitsOf(const std::string& tenant) const;
  // What becomes of a job whose attempt ended without a result.
  Status EndAttempt(JobRecord& job, const JobFailure& failure);
  // Moves `job` to `to`, stamping the times.
  Status Move(JobRecord& job, JobState to) const;
  // Adds what a job ended with to its outcome.
  void Finish(JobRecord& job, const JobCompletion& completion);
  // Counters of a final state beyond the outcome.
  void Learn(const JobRecord& job);
  // Tells everybody of a committed change.
  void Announce(JobState before, const JobRecord& after);

  JobStore& store_;
  telemetry::Metrics& metrics_;
  const Clock& clock_;
  const Options options_;
  QueueTime time_;
  JobFeed feed_;
  DurationEstimate durations_{time_};
  TenantRoom tenant_room_{store_, options_.tenants};
  // Null where no tenant is limited: then nothing is counted.
  const JobStore::RunningLimit running_limit_;
};

}  // namespace atelier::server
