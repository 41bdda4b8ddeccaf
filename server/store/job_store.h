// JobStore: the durable tables of jobs, of their leases, of models that workers ever held and of
// who stored which picture.
//
// Every method is one transaction: when a writing method returns a value, that value is on disk.
// Stores keep rows and know nothing of the state machine; JobQueue hands them mutations. All
// methods are thread-safe. A store belongs to one server process at a time.
//
// Leases are rows of their own, written with the change of state that begins or ends them. Their
// deadlines alone are written apart (ExtendLease), so that a heartbeat does not rewrite its job.
// The store only compares deadlines; who may let a lease run out is for the caller (LeaseTable) to
// say.
//
// The order of the queue
//
// Within a tenant, jobs go by rank_ms and then sequence, smallest first. JobQueue sets
//
//     rank_ms = queued_ms - priority * ageing_ms
//
// so a job's effective priority, priority + waited / ageing_ms, rises by one class per ageing_ms of
// waiting, and comparing two ranks is comparing effective priorities at any one moment. The order
// of two jobs therefore never changes, an index holds it, and starvation is bounded: a job of class
// p waits only for jobs of its tenant that came before it or, of class q > p, less than (q - p) *
// ageing_ms after it; with classes -10..10 and 30 s, nothing that comes ten minutes later.
//
// Between tenants, turns go round. A tenant with queued jobs has a turn number; TakeQueued() serves
// the lowest one among the tenants with jobs of the given models and moves it behind all others. A
// tenant whose first job is queued joins behind all others. So between the queueing of a tenant's
// only job and its lease every other tenant is served at most once: one round.
#pragma once

#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "server/store/job_record.h"
#include "server/store/job_states.h"
#include "server/store/pending_write.h"

namespace atelier::server {

/// How many jobs may wait, and what may wait and run.
struct QueueLimits {
  int64_t queued = std::numeric_limits<int64_t>::max();
  int64_t queued_per_tenant = std::numeric_limits<int64_t>::max();
  /// Sum of JobRecord::step_pixels of a tenant's queued and running jobs.
  int64_t step_pixels_per_tenant = std::numeric_limits<int64_t>::max();
};

/// Which jobs a list shows; what is empty shows all.
struct JobFilter {
  std::string tenant = {};
  JobStates states = {};
  std::string error_reason = {};
};

/// What a tenant has in the queue and at the workers.
struct TenantLoad {
  int64_t queued = 0;
  int64_t running = 0;
  /// Sum of JobRecord::step_pixels of both.
  int64_t step_pixels = 0;
};

/// What a tenant used since the database was made, and stores now. Its own jobs and pictures may be
/// forgotten; this is not.
struct TenantUsage {
  std::string tenant;
  int64_t device_ms = 0;
  int64_t pictures = 0;
  /// Of the pictures that it stored; one of several tenants counts for each of them.
  int64_t stored_bytes = 0;

  bool operator==(const TenantUsage&) const = default;
};

/// That a tenant stored a picture.
struct AssetOwner {
  /// Of `assets/{digest}`.
  std::string digest;
  std::string tenant;
  /// Wall clock, of the first time.
  int64_t create_time_ms = 0;
  /// Of the picture; 0: not known.
  int64_t bytes = 0;

  bool operator==(const AssetOwner&) const = default;
};

/// A place in the list of a tenant's pictures.
struct AssetPlace {
  int64_t create_time_ms = std::numeric_limits<int64_t>::max();
  std::string digest = {};
};

class JobStore {
 public:
  /// Changes a record inside a transaction; an error leaves the row as it was and is the caller's
  /// answer. Must be quick and call no store; may be called again for the same record, when the
  /// transaction has to start over. Only what may
  /// change between two states may differ: not ids, tenant, spec, model, rank_ms or queued_ms. The
  /// store drops the lease of a job that is not running after it.
  using Mutation = std::function<Status(JobRecord&)>;

  /// How many jobs of a tenant may run at once. Must be quick and call no store. Null: any number.
  using RunningLimit = std::function<int64_t(const std::string& tenant)>;

  struct Inserted {
    JobRecord job;
    /// The tenant's request_id came before with the same body: `job` is that older job.
    bool joined = false;
  };

  struct Counts {
    int64_t queued = 0;
    int64_t running = 0;
    int64_t finished = 0;
  };

  /// What waits for one model.
  struct QueuedOfModel {
    std::string model;
    int64_t jobs = 0;
    /// queued_ms of the one that was queued first.
    int64_t oldest_ms = 0;
  };

  virtual ~JobStore() = default;

  /// Adds `job`; its sequence and revision are ignored and given. ALREADY_EXISTS /
  /// REQUEST_ID_REUSED when the tenant's request_id came before with another request_hash;
  /// RESOURCE_EXHAUSTED / QUEUE_FULL, TENANT_QUEUE_FULL or TENANT_COST_LIMIT at a limit. Joining an
  /// older job works in a full queue too.
  virtual Result<Inserted> Insert(const JobRecord& job, const QueueLimits& limits) = 0;

  /// NOT_FOUND / JOB_NOT_FOUND when there is none.
  virtual Result<JobRecord> Get(const std::string& id) = 0;

  virtual Result<std::optional<JobRecord>> FindRequest(const std::string& tenant,
                                                       const std::string& request_id) = 0;

  /// Up to `limit` jobs that pass `filter`, newest first, whose sequence is below
  /// `before_sequence`.
  virtual Result<std::vector<JobRecord>> List(int limit, int64_t before_sequence,
                                              const JobFilter& filter = {}) = 0;

  virtual Result<std::vector<JobRecord>> ListRunning() = 0;

  /// Running jobs that have no lease, whom nobody would ever take back, by sequence. There are none
  /// unless something went wrong.
  virtual Result<std::vector<JobRecord>> ListUnleased() = 0;

  /// Sets the deadline of the job's lease; its revision stays. ABORTED / LEASE_LOST when the job is
  /// not leased under `token`.
  virtual Status ExtendLease(const std::string& id, const std::string& token,
                             int64_t deadline_ms) = 0;

  /// The leases that `worker` holds, summed up. Costs the same however many jobs run: every call
  /// for work asks.
  virtual Result<WorkerLoad> LoadOf(const std::string& worker) = 0;

  /// The leases whose deadline is not after `now_ms`. Costs as much as there are running jobs.
  virtual Result<std::vector<JobLease>> ListExpiredLeases(int64_t now_ms) = 0;

  /// Costs the same however many jobs there are.
  virtual Result<Counts> Count() = 0;

  /// What the tenant has waiting and running. Costs as much as the tenant has running jobs.
  virtual Result<TenantLoad> LoadOfTenant(const std::string& tenant) = 0;

  /// The models that jobs wait for, by name. Reads every queued job: for every few seconds.
  virtual Result<std::vector<QueuedOfModel>> CountQueued() = 0;

  /// Queued jobs of the job's model that may be leased before it if no more come and each turn
  /// takes one: with p jobs of its own tenant in front, p and up to p + 1 of each other tenant. 0
  /// when it is not queued. Costs no more for a long queue than the logarithm of its length; in
  /// PostgreSQL, where such jobs are counted, an index entry read for each.
  virtual Result<int64_t> CountAhead(const JobRecord& job) = 0;

  /// The record after `mutate`. NOT_FOUND / JOB_NOT_FOUND when there is none. `owners` are
  /// remembered in the same transaction, as AddAssetOwner() would.
  virtual Result<JobRecord> Update(const std::string& id, const Mutation& mutate,
                                   const std::vector<AssetOwner>& owners = {}) = 0;

  /// The first job of the tenant in turn among those of `models`, the next ones of its batch key of
  /// the same tenant and then, while there is room, of others in the order of their turns (at most
  /// 16 of them are asked; their turns stay), up to `max_jobs`, each after `mutate`. No tenant gets
  /// more running jobs than `running_limit` says; one that has them is passed over. Empty when none
  /// waits. When `mutate` refuses one, nothing is taken, turns included.
  virtual Result<std::vector<JobRecord>> TakeQueued(
      const std::vector<std::string>& models, int max_jobs, const Mutation& mutate,
      const RunningLimit& running_limit = nullptr) = 0;

  /// Up to `limit` queued jobs whose expires_ms is set and not after `now_ms`, each after `mutate`.
  virtual Result<std::vector<JobRecord>> TakeOverdue(int64_t now_ms, int limit,
                                                     const Mutation& mutate) = 0;

  /// Forgets final jobs, the longest ended first and at most `limit`: those that ended before
  /// `ended_before_ms` and those beyond the newest `keep`. Returns how many.
  virtual Result<int64_t> Prune(int64_t ended_before_ms, int64_t keep, int limit) = 0;

  /// Forgets up to `limit` final jobs of one tenant. Returns how many.
  virtual Result<int64_t> PruneTenant(const std::string& tenant, int limit) = 0;

  /// Forgets one final job. NOT_FOUND / JOB_NOT_FOUND; FAILED_PRECONDITION / JOB_NOT_FINISHED while
  /// it is queued or running.
  virtual Status Delete(const std::string& id) = 0;

  /// The latest queued_ms, started_ms or ended_ms of any job; 0 when there is none. May be slow.
  virtual Result<int64_t> LatestMs() = 0;

  /// Remembers a model (serialised atelier.v1.Model) by name; the newest description stays.
  virtual Status PutModel(const std::string& name, const std::string& model) = 0;

  /// Forgets a model.
  virtual Status RemoveModel(const std::string& name) = 0;

  /// (name, serialised model), by name.
  virtual Result<std::vector<std::pair<std::string, std::string>>> ListModels() = 0;

  /// Remembers an owner; one that is known already stays as it is. Begins the write alone: the
  /// picture is brought to disk meanwhile.
  virtual PendingWrite AddAssetOwner(const AssetOwner& owner) = 0;

  /// Who stored the picture, by tenant.
  virtual Result<std::vector<AssetOwner>> ListAssetOwners(const std::string& digest) = 0;

  /// Forgets all owners of a picture that is gone.
  virtual Status RemoveAssetOwners(const std::string& digest) = 0;

  /// The row that says that the tenant stored the picture, if there is one.
  virtual Result<std::optional<AssetOwner>> FindAssetOwner(const std::string& digest,
                                                           const std::string& tenant) = 0;
  /// Up to `limit` pictures of the tenant after `after`: those first that it stored last, those of
  /// one time by digest.
  virtual Result<std::vector<AssetOwner>> ListAssetsOf(const std::string& tenant, int limit,
                                                       const AssetPlace& after = {}) = 0;
  /// Forgets that the tenant stored the picture.
  virtual Status RemoveAssetOwner(const std::string& digest, const std::string& tenant) = 0;

  /// Up to `limit` pictures with owners whose bytes are not known.
  virtual Result<std::vector<std::string>> ListUnsizedAssets(int limit) = 0;
  /// Tells the bytes of such a picture, for all of its owners.
  virtual Status SetAssetBytes(const std::string& digest, int64_t bytes) = 0;

  /// All zero for a tenant that never used anything.
  virtual Result<TenantUsage> UsageOf(const std::string& tenant) = 0;
  /// Of every tenant that used or stores anything, by name.
  virtual Result<std::vector<TenantUsage>> ListUsage() = 0;
};

/// What every store shares.
inline constexpr int kMaxRidingTenants = 16;
bool Passes(const JobFilter& filter, const JobRecord& job);
/// `job` after `mutate` with its next revision; as it was when nothing changed.
Result<JobRecord> Mutated(const JobRecord& job, const JobStore::Mutation& mutate);
/// Refuses when a limit of its tenant, which has `load` already, leaves no room for `job`.
Status CheckTenantLimits(const JobRecord& job, const TenantLoad& load, const QueueLimits& limits);
Unexpected JobNotFound(const std::string& id);
/// That the job of that id is not leased under the caller's token.
Unexpected LeaseLost(const std::string& id);
Unexpected JobNotFinished(const JobRecord& job);
Unexpected RequestIdReused(const std::string& request_id);
Unexpected QueueFull(int64_t limit);
Unexpected TenantQueueFull(const std::string& tenant, int64_t limit);
/// The numbers are step_pixels.
Unexpected TenantCostLimit(const std::string& tenant, int64_t limit, int64_t given);

}  // namespace atelier::server
