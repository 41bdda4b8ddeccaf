#include "server/store/postgres/postgres_store.h"

#include <algorithm>
#include <future>
#include <limits>

#include "server/store/postgres/asset_rows.h"
#include "server/store/postgres/job_rows.h"
#include "server/store/postgres/migrations.h"
#include "server/store/postgres/news_link.h"
#include "server/store/postgres/queue_rows.h"
#include "server/store/postgres/shared_rows.h"
#include "server/store/postgres/tenant_rows.h"

namespace atelier::server {
namespace {

using postgres::Connection;
using postgres::ConnectionPool;
using postgres::Rows;

/// What `read` gives, which returns a Result, over a connection of the pool.
template <typename Read>
auto ReadWith(ConnectionPool& pool,
              const Read& read) -> decltype(read(std::declval<Connection&>())) {
  decltype(read(std::declval<Connection&>())) value =
      MakeError(Code::kInternal, "STORE_FAILED", "nothing was read");
  ATELIER_RETURN_IF_ERROR(pool.Read([&](Connection& connection) -> Status {
    value = read(connection);
    return value ? Status() : Status(Unexpected(value.error()));
  }));
  return value;
}

enum class Locked { kNo, kYes };

Result<JobRecord> FindById(Connection& connection, const std::string& id, Locked locked) {
  static const std::string sql = postgres::SelectJobs("WHERE id = $1");
  static const std::string locking = sql + " FOR NO KEY UPDATE OF jobs";
  ATELIER_ASSIGN_OR_RETURN(const Rows rows,
                           connection.Run(locked == Locked::kYes ? locking : sql, {id}));
  std::optional<JobRecord> job = postgres::JobOf(rows);
  if (!job) return JobNotFound(id);
  return *std::move(job);
}

}  // namespace

Result<std::unique_ptr<PostgresStore>> PostgresStore::Open(const postgres::PoolOptions& options,
                                                           OnStorageFailure on_failure) {
  // Over a connection that is none of a running server's, so that servers that start at once do not
  // take each other for one.
  postgres::ConnectionOptions plain = options.connection;
  plain.is_servers = false;
  ATELIER_ASSIGN_OR_RETURN(const std::unique_ptr<Connection> first, Connection::Open(plain));
  ATELIER_RETURN_IF_ERROR(postgres::Migrate(*first));
  ATELIER_ASSIGN_OR_RETURN(std::unique_ptr<ConnectionPool> pool, ConnectionPool::Open(options));
  return std::unique_ptr<PostgresStore>(
      new PostgresStore(options.connection, std::move(pool), std::move(on_failure)));
}

Status PostgresStore::Write(const ConnectionPool::Work& work) {
  Status status = pool_->Transaction(work);
  TellStorageFailure(status, on_failure_);
  return status;
}

Status PostgresStore::WriteLoosely(const ConnectionPool::Work& work) {
  return Write([&](Connection& connection) -> Status {
    ATELIER_RETURN_IF_ERROR(postgres::CommitWithoutWaiting(connection));
    return work(connection);
  });
}

Status PostgresStore::BeginTaking() {
  MutexLock lock(taking_mutex_);
  const std::chrono::milliseconds patience(connection_.statement_timeout_ms);
  const bool can_go_on = took_.WaitFor(
      lock, patience, [this]() REQUIRES(taking_mutex_) { return taking_ < kTakingAtOnce; });
  if (!can_go_on)
    return MakeError(Code::kUnavailable, postgres::kUnavailable,
                     "PostgreSQL: others have been taking jobs for too long");
  ++taking_;
  return {};
}

void PostgresStore::EndTaking() {
  const MutexLock lock(taking_mutex_);
  --taking_;
  took_.NotifyOne();
}

Result<JobStore::Inserted> PostgresStore::Insert(const JobRecord& job, const QueueLimits& limits) {
  Inserted inserted;
  postgres::RoomCheck room(job, limits);
  ATELIER_RETURN_IF_ERROR(Write([&](Connection& connection) -> Status {
    Rows same_request, sequence;
    if (!job.request_id.empty())
      ATELIER_RETURN_IF_ERROR(
          postgres::AskByRequest(connection, job.tenant, job.request_id, same_request));
    ATELIER_RETURN_IF_ERROR(room.AskLater(connection));
    ATELIER_RETURN_IF_ERROR(connection.Await());
    if (!job.request_id.empty()) {
      std::optional<JobRecord> older = postgres::JobOf(same_request);
      if (older && older->request_hash != job.request_hash) return RequestIdReused(job.request_id);
      if (older) {
        inserted = {*std::move(older), true};
        return {};
      }
    }
    ATELIER_RETURN_IF_ERROR(room.Check(connection));
    inserted = {job, false};
    inserted.job.revision = 1;
    ATELIER_RETURN_IF_ERROR(postgres::InsertJob(connection, inserted.job, sequence));
    ATELIER_RETURN_IF_ERROR(connection.Commit());
    inserted.job.sequence = sequence.Integer(0, 0);
    return {};
  }));
  return inserted;
}

Result<JobRecord> PostgresStore::Get(const std::string& id) {
  return ReadWith(*pool_,
                  [&](Connection& connection) { return FindById(connection, id, Locked::kNo); });
}

Result<std::optional<JobRecord>> PostgresStore::FindRequest(const std::string& tenant,
                                                            const std::string& request_id) {
  return ReadWith(*pool_, [&](Connection& connection) -> Result<std::optional<JobRecord>> {
    Rows older;
    ATELIER_RETURN_IF_ERROR(postgres::AskByRequest(connection, tenant, request_id, older));
    ATELIER_RETURN_IF_ERROR(connection.Await());
    return postgres::JobOf(older);
  });
}

Result<std::vector<JobRecord>> PostgresStore::List(int limit, int64_t before_sequence,
                                                   const JobFilter& filter) {
  const std::string sql = postgres::SelectJobs("WHERE sequence < $1" + postgres::FilterSql(filter) +
                                               " ORDER BY sequence DESC LIMIT $2");
  return ReadWith(*pool_, [&](Connection& connection) -> Result<std::vector<JobRecord>> {
    ATELIER_ASSIGN_OR_RETURN(const Rows rows,
                             connection.Run(sql, {before_sequence, int64_t{limit}, filter.tenant,
                                                  filter.error_reason, filter.states.mask()}));
    return postgres::JobsOf(rows);
  });
}

Result<std::vector<JobRecord>> PostgresStore::ListRunning() {
  return ReadWith(*pool_, [](Connection& connection) -> Result<std::vector<JobRecord>> {
    ATELIER_ASSIGN_OR_RETURN(
        const Rows rows, connection.Run(postgres::SelectJobs("WHERE state = 2 ORDER BY sequence")));
    return postgres::JobsOf(rows);
  });
}

Result<std::vector<JobRecord>> PostgresStore::ListUnleased() {
  return ReadWith(*pool_, [](Connection& connection) -> Result<std::vector<JobRecord>> {
    ATELIER_ASSIGN_OR_RETURN(
        const Rows rows,
        connection.Run(postgres::SelectJobs("WHERE state = 2 AND job IS NULL ORDER BY sequence")));
    return postgres::JobsOf(rows);
  });
}

Status PostgresStore::ExtendLease(const std::string& id, const std::string& token,
                                  int64_t deadline_ms) {
  // The next heartbeat writes it again.
  return WriteLoosely([&](Connection& connection) -> Status {
    ATELIER_ASSIGN_OR_RETURN(
        const Rows rows,
        connection.RunAndCommit("UPDATE leases SET deadline_ms = $1 WHERE token = $2 AND"
                                " job = (SELECT sequence FROM jobs WHERE id = $3)",
                                {deadline_ms, postgres::Blob{token}, id}));
    return rows.changed() == 1 ? Status() : LeaseLost(id);
  });
}

Result<WorkerLoad> PostgresStore::LoadOf(const std::string& worker) {
  return ReadWith(*pool_, [&](Connection& connection) -> Result<WorkerLoad> {
    ATELIER_ASSIGN_OR_RETURN(
        const Rows rows,
        connection.Run("SELECT COUNT(*), SUM(alone)::BIGINT FROM leases WHERE worker = $1",
                       {worker}));
    return WorkerLoad{.any = rows.Integer(0, 0) > 0, .alone = rows.Integer(0, 1) > 0};
  });
}

Result<std::vector<JobLease>> PostgresStore::ListExpiredLeases(int64_t now_ms) {
  return ReadWith(*pool_, [&](Connection& connection) -> Result<std::vector<JobLease>> {
    ATELIER_ASSIGN_OR_RETURN(
        const Rows rows,
        connection.Run(postgres::SelectLeases("WHERE deadline_ms <= $1 ORDER BY job"), {now_ms}));
    return postgres::LeasesOf(rows);
  });
}

Result<JobStore::Counts> PostgresStore::Count() {
  return ReadWith(*pool_, [](Connection& connection) -> Result<Counts> {
    ATELIER_ASSIGN_OR_RETURN(const Rows rows,
                             connection.Run("SELECT SUM(queued)::BIGINT, SUM(running)::BIGINT,"
                                            " SUM(finished)::BIGINT FROM totals"));
    return Counts{rows.Integer(0, 0), rows.Integer(0, 1), rows.Integer(0, 2)};
  });
}

Result<TenantLoad> PostgresStore::LoadOfTenant(const std::string& tenant) {
  return ReadWith(
      *pool_, [&](Connection& connection) { return postgres::LoadOfTenant(connection, tenant); });
}

Result<std::vector<JobStore::QueuedOfModel>> PostgresStore::CountQueued() {
  return ReadWith(*pool_, [](Connection& connection) -> Result<std::vector<QueuedOfModel>> {
    ATELIER_ASSIGN_OR_RETURN(const Rows rows,
                             connection.Run("SELECT model, COUNT(*), MIN(queued_ms) FROM jobs"
                                            " WHERE state = 1 GROUP BY model ORDER BY model"));
    std::vector<QueuedOfModel> queued;
    for (int row = 0; row < rows.count(); ++row)
      queued.push_back({rows.Bytes(row, 0), rows.Integer(row, 1), rows.Integer(row, 2)});
    return queued;
  });
}

Result<int64_t> PostgresStore::CountAhead(const JobRecord& job) {
  return ReadWith(*pool_,
                  [&](Connection& connection) { return postgres::CountAhead(connection, job); });
}

Result<JobRecord> PostgresStore::Update(const std::string& id, const Mutation& mutate,
                                        const std::vector<AssetOwner>& owners) {
  std::vector<JobRecord> changed;
  ATELIER_RETURN_IF_ERROR(Write([&](Connection& connection) -> Status {
    ATELIER_ASSIGN_OR_RETURN(JobRecord job, FindById(connection, id, Locked::kYes));
    changed = {std::move(job)};
    ATELIER_RETURN_IF_ERROR(postgres::MutateAll(connection, changed, mutate));
    for (const AssetOwner& owner : owners)
      ATELIER_RETURN_IF_ERROR(postgres::InsertOwner(connection, owner));
    return {};
  }));
  return std::move(changed.front());
}

Result<std::vector<JobRecord>> PostgresStore::TakeQueued(const std::vector<std::string>& models,
                                                         int max_jobs, const Mutation& mutate,
                                                         const RunningLimit& running_limit) {
  // Of all that one job wakes most come too late: they need not wait for each other.
  ATELIER_ASSIGN_OR_RETURN(const bool any, ReadWith(*pool_, [&](Connection& connection) {
                             return postgres::AnyInTurn(connection, models, running_limit);
                           }));
  if (!any) return std::vector<JobRecord>();
  ATELIER_RETURN_IF_ERROR(BeginTaking());
  std::vector<JobRecord> taken;
  // The next one to take jobs waits for the commit, but not for the disk.
  const Status done = WriteLoosely([&](Connection& connection) -> Status {
    ATELIER_ASSIGN_OR_RETURN(taken,
                             postgres::NextBatch(connection, models, max_jobs, running_limit));
    return postgres::MutateAll(connection, taken, mutate);
  });
  EndTaking();
  ATELIER_RETURN_IF_ERROR(done);
  if (!taken.empty()) ATELIER_RETURN_IF_ERROR(Write(&postgres::SyncWhatIsCommitted));
  return taken;
}

Result<std::vector<JobRecord>> PostgresStore::TakeOverdue(int64_t now_ms, int limit,
                                                          const Mutation& mutate) {
  static const std::string sql = postgres::SelectJobs(
      "WHERE state = 1 AND expires_ms > 0 AND expires_ms <= $1 ORDER BY expires_ms LIMIT $2"
      " FOR NO KEY UPDATE OF jobs SKIP LOCKED");
  std::vector<JobRecord> overdue;
  ATELIER_RETURN_IF_ERROR(Write([&](Connection& connection) -> Status {
    ATELIER_ASSIGN_OR_RETURN(const Rows rows, connection.Run(sql, {now_ms, int64_t{limit}}));
    overdue = postgres::JobsOf(rows);
    return postgres::MutateAll(connection, overdue, mutate);
  }));
  return overdue;
}

Result<int64_t> PostgresStore::Prune(int64_t ended_before_ms, int64_t keep, int limit) {
  int64_t pruned = 0;
  ATELIER_RETURN_IF_ERROR(Write([&](Connection& connection) -> Status {
    pruned = 0;
    // Two servers that counted the same excess would forget twice as much.
    ATELIER_ASSIGN_OR_RETURN(const bool alone, postgres::TryPruneLock(connection));
    if (!alone) return {};
    ATELIER_ASSIGN_OR_RETURN(pruned,
                             DeleteFinished(connection, "ended_ms < $1", ended_before_ms, limit));
    ATELIER_ASSIGN_OR_RETURN(const Rows rows,
                             connection.Run("SELECT SUM(finished)::BIGINT FROM totals"));
    const int64_t excess = std::min(rows.Integer(0, 0) - keep, limit - pruned);
    if (excess <= 0) return {};
    // Everything ended before the end of time.
    ATELIER_ASSIGN_OR_RETURN(
        const int64_t more,
        DeleteFinished(connection, "ended_ms <= $1", std::numeric_limits<int64_t>::max(), excess));
    pruned += more;
    return {};
  }));
  return pruned;
}

Result<int64_t> PostgresStore::PruneTenant(const std::string& tenant, int limit) {
  int64_t pruned = 0;
  ATELIER_RETURN_IF_ERROR(Write([&](Connection& connection) -> Status {
    ATELIER_ASSIGN_OR_RETURN(
        const Rows rows,
        connection.Run("DELETE FROM jobs WHERE sequence IN (SELECT sequence FROM jobs WHERE"
                       " tenant = $1 AND state >= 3 LIMIT $2 FOR UPDATE SKIP LOCKED)",
                       {tenant, int64_t{limit}}));
    pruned = rows.changed();
    return {};
  }));
  return pruned;
}

Status PostgresStore::Delete(const std::string& id) {
  return Write([&](Connection& connection) -> Status {
    ATELIER_ASSIGN_OR_RETURN(const JobRecord job, FindById(connection, id, Locked::kYes));
    if (!IsFinal(job.state)) return JobNotFinished(job);
    return connection.RunLater("DELETE FROM jobs WHERE sequence = $1",
                               {postgres::Value(job.sequence)});
  });
}

Result<int64_t> PostgresStore::LatestMs() {
  return ReadWith(*pool_, [](Connection& connection) -> Result<int64_t> {
    ATELIER_ASSIGN_OR_RETURN(
        const Rows rows,
        connection.Run("SELECT MAX(GREATEST(queued_ms, started_ms, ended_ms)) FROM jobs"));
    return rows.Integer(0, 0);
  });
}

Status PostgresStore::PutModel(const std::string& name, const std::string& model) {
  return Write([&](Connection& connection) -> Status {
    ATELIER_RETURN_IF_ERROR(
        connection.RunLater("INSERT INTO models (name, model) VALUES ($1, $2)"
                            " ON CONFLICT (name) DO UPDATE SET model = excluded.model",
                            {name, postgres::Blob{model}}));
    return {};
  });
}

Status PostgresStore::RemoveModel(const std::string& name) {
  return Write([&](Connection& connection) -> Status {
    return connection.RunLater("DELETE FROM models WHERE name = $1", {name});
  });
}

Result<std::vector<std::pair<std::string, std::string>>> PostgresStore::ListModels() {
  using Models = std::vector<std::pair<std::string, std::string>>;
  return ReadWith(*pool_, [](Connection& connection) -> Result<Models> {
    ATELIER_ASSIGN_OR_RETURN(const Rows rows,
                             connection.Run("SELECT name, model FROM models ORDER BY name"));
    Models models;
    for (int row = 0; row < rows.count(); ++row)
      models.emplace_back(rows.Bytes(row, 0), rows.Bytes(row, 1));
    return models;
  });
}

PendingWrite PostgresStore::AddAssetOwner(const AssetOwner& owner) {
  // Beside what its caller does meanwhile, which takes turns to the database as well.
  auto written = std::make_shared<std::future<Status>>(std::async(std::launch::async, [this,
                                                                                       owner] {
    return Write([&](Connection& connection) { return postgres::InsertOwner(connection, owner); });
  }));
  return PendingWrite([written] { return written->get(); });
}

Result<std::vector<AssetOwner>> PostgresStore::ListAssetOwners(const std::string& digest) {
  return ReadWith(*pool_,
                  [&](Connection& connection) { return postgres::OwnersOf(connection, digest); });
}

Status PostgresStore::RemoveAssetOwners(const std::string& digest) {
  return Write([&](Connection& connection) { return postgres::DeleteOwners(connection, digest); });
}

Result<std::optional<AssetOwner>> PostgresStore::FindAssetOwner(const std::string& digest,
                                                                const std::string& tenant) {
  return ReadWith(*pool_, [&](Connection& connection) {
    return postgres::OwnerOf(connection, digest, tenant);
  });
}

Result<std::vector<AssetOwner>> PostgresStore::ListAssetsOf(const std::string& tenant, int limit,
                                                            const AssetPlace& after) {
  return ReadWith(*pool_, [&](Connection& connection) {
    return postgres::AssetsOf(connection, tenant, limit, after);
  });
}

Status PostgresStore::RemoveAssetOwner(const std::string& digest, const std::string& tenant) {
  return Write(
      [&](Connection& connection) { return postgres::DeleteOwner(connection, digest, tenant); });
}

Status PostgresStore::PutToken(const TokenRecord& token) {
  return Write([&](Connection& connection) { return postgres::WriteToken(connection, token); });
}

Result<std::vector<TokenRecord>> PostgresStore::ListTokens() {
  return ReadWith(*pool_, &postgres::ReadTokens);
}

Result<int64_t> PostgresStore::RemoveTokensOf(const std::string& tenant) {
  int64_t removed = 0;
  ATELIER_RETURN_IF_ERROR(Write([&](Connection& connection) -> Status {
    ATELIER_ASSIGN_OR_RETURN(removed, postgres::DeleteTokensOf(connection, tenant));
    return {};
  }));
  return removed;
}

Result<std::vector<std::string>> PostgresStore::ListUnsizedAssets(int limit) {
  return ReadWith(
      *pool_, [&](Connection& connection) { return postgres::UnsizedAssets(connection, limit); });
}

Status PostgresStore::SetAssetBytes(const std::string& digest, int64_t bytes) {
  return Write(
      [&](Connection& connection) { return postgres::SizeAsset(connection, digest, bytes); });
}

Result<TenantUsage> PostgresStore::UsageOf(const std::string& tenant) {
  return ReadWith(*pool_,
                  [&](Connection& connection) { return postgres::UsageOf(connection, tenant); });
}

Result<std::vector<TenantUsage>> PostgresStore::ListUsage() {
  return ReadWith(*pool_, &postgres::AllUsage);
}

Result<int64_t> PostgresStore::NowMs() { return ReadWith(*pool_, &postgres::NowMs); }

Result<std::unique_ptr<NewsLink>> PostgresStore::OpenNewsLink() {
  return postgres::PostgresNewsLink::Open(connection_);
}

Result<std::vector<JobStanding>> PostgresStore::ListStandings(const std::vector<std::string>& ids) {
  return ReadWith(*pool_,
                  [&](Connection& connection) { return postgres::StandingsOf(connection, ids); });
}

Status PostgresStore::PutWorker(const std::string& name, const std::string& registration) {
  return WriteLoosely([&](Connection& connection) {
    return postgres::WriteWorker(connection, name, registration);
  });
}

Result<bool> PostgresStore::TouchWorker(const std::string& name) {
  bool known = false;
  ATELIER_RETURN_IF_ERROR(WriteLoosely([&](Connection& connection) -> Status {
    ATELIER_ASSIGN_OR_RETURN(known, postgres::TouchWorker(connection, name));
    return {};
  }));
  return known;
}

Status PostgresStore::AddLostLease(const std::string& name) {
  return WriteLoosely(
      [&](Connection& connection) { return postgres::AddLostLease(connection, name); });
}

Status PostgresStore::RemoveWorker(const std::string& name) {
  return WriteLoosely(
      [&](Connection& connection) { return postgres::DeleteWorker(connection, name); });
}

Status PostgresStore::RemoveSilentWorkers(std::chrono::milliseconds silence) {
  return WriteLoosely(
      [&](Connection& connection) { return postgres::DeleteSilentWorkers(connection, silence); });
}

Result<std::optional<WorkerRow>> PostgresStore::FindWorker(const std::string& name) {
  return ReadWith(*pool_,
                  [&](Connection& connection) { return postgres::ReadWorker(connection, name); });
}

Result<std::vector<WorkerRow>> PostgresStore::ListWorkers() {
  return ReadWith(*pool_, &postgres::ReadWorkers);
}

Status PostgresStore::PutPreview(const std::string& job, const std::string& preview) {
  return WriteLoosely(
      [&](Connection& connection) { return postgres::WritePreview(connection, job, preview); });
}

Result<std::string> PostgresStore::FindPreview(const std::string& job) {
  return ReadWith(*pool_,
                  [&](Connection& connection) { return postgres::ReadPreview(connection, job); });
}

Status PostgresStore::RemoveOldPreviews() {
  return WriteLoosely(
      [](Connection& connection) { return postgres::DeleteOldPreviews(connection); });
}

}  // namespace atelier::server
