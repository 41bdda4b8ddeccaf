#include "server/store/sqlite/sqlite_store.h"

#include <algorithm>

#include "server/store/sqlite/asset_rows.h"
#include "server/store/sqlite/job_rows.h"
#include "server/store/sqlite/migrations.h"
#include "server/store/sqlite/queue_rows.h"
#include "server/store/sqlite/tenant_rows.h"
#include "server/store/sqlite/token_rows.h"

namespace atelier::server {
namespace {

Result<std::optional<JobRecord>> FindByRequest(Database& database, const std::string& tenant,
                                               const std::string& request_id) {
  // The last condition lets SQLite use the partial index.
  static const std::string sql =
      SelectJobs("WHERE tenant = ? AND request_id = ? AND request_id <> ''");
  ATELIER_ASSIGN_OR_RETURN(Statement query, database.Prepare(sql));
  query.BindText(1, tenant).BindText(2, request_id);
  return ReadJob(query);
}

Result<JobRecord> FindById(Database& database, const std::string& id) {
  static const std::string sql = SelectJobs("WHERE id = ?");
  ATELIER_ASSIGN_OR_RETURN(Statement query, database.Prepare(sql));
  query.BindText(1, id);
  ATELIER_ASSIGN_OR_RETURN(std::optional<JobRecord> job, ReadJob(query));
  if (!job) return JobNotFound(id);
  return *std::move(job);
}

// Mutates and writes each of `jobs`.
Status MutateAll(Database& database, std::vector<JobRecord>& jobs,
                 const JobStore::Mutation& mutate) {
  for (JobRecord& job : jobs) {
    ATELIER_ASSIGN_OR_RETURN(JobRecord mutated, Mutated(job, mutate));
    if (mutated.revision != job.revision) {
      ATELIER_RETURN_IF_ERROR(UpdateJob(database, job, mutated));
    }
    job = std::move(mutated);
  }
  return {};
}

// One of eight texts, whatever is listed.
std::string FilterSql(const JobFilter& filter) {
  std::string sql;
  if (!filter.tenant.empty()) sql += " AND tenant = ?2";
  if (!filter.error_reason.empty()) sql += " AND error_reason = ?3";
  if (!filter.states.empty()) sql += " AND (?5 >> state) & 1";
  return sql;
}

Result<int64_t> DeleteFinished(Database& database, std::string_view which, int64_t bound,
                               int64_t limit) {
  ATELIER_ASSIGN_OR_RETURN(
      Statement remove,
      database.Prepare("DELETE FROM jobs WHERE sequence IN (SELECT sequence FROM jobs WHERE"
                       " state >= 3 AND " +
                       std::string(which) + " ORDER BY ended_ms, sequence LIMIT ?)"));
  ATELIER_RETURN_IF_ERROR(remove.Bind(1, bound).Bind(2, limit).Run());
  return database.changes();
}

}  // namespace

Result<std::unique_ptr<SqliteStore>> SqliteStore::Open(const std::string& path,
                                                       OnStorageFailure on_failure,
                                                       const Clock& clock) {
  ATELIER_ASSIGN_OR_RETURN(auto writing, Database::Open(path));
  ATELIER_RETURN_IF_ERROR(Migrate(*writing));
  // A lease of a job that does not run would keep its worker from ever being idle.
  ATELIER_RETURN_IF_ERROR(writing->Execute(
      "DELETE FROM leases WHERE job NOT IN (SELECT sequence FROM jobs WHERE state = 2)"));
  ATELIER_ASSIGN_OR_RETURN(auto reading, Database::Open(path));
  ATELIER_ASSIGN_OR_RETURN(auto reading_blobs, Database::Open(path));
  std::unique_ptr<SqliteStore> store(
      new SqliteStore({std::move(writing), std::move(reading), std::move(reading_blobs)},
                      std::move(on_failure), clock));
  ATELIER_RETURN_IF_ERROR(store->LoadOrder());
  ATELIER_RETURN_IF_ERROR(store->LoadLeases());
  return store;
}

SqliteStore::SqliteStore(Databases databases, OnStorageFailure on_failure, const Clock& clock)
    : writing_(std::move(databases.writing)),
      reading_(std::move(databases.reading)),
      writer_(*writing_, std::move(on_failure)),
      blob_index_(writer_, std::move(databases.reading_blobs), clock) {}

Status SqliteStore::LoadOrder() {
  const MutexLock lock(reading_mutex_);
  ATELIER_ASSIGN_OR_RETURN(
      Statement query,
      reading_->Prepare("SELECT sequence, model, tenant, rank_ms FROM jobs WHERE state = 1"));
  while (true) {
    ATELIER_ASSIGN_OR_RETURN(const bool row, query.Step());
    if (!row) return {};
    JobRecord job;
    job.sequence = query.Integer(0);
    job.model = query.Bytes(1);
    job.tenant = query.Bytes(2);
    job.rank_ms = query.Integer(3);
    order_.Changed(job);
  }
}

Status SqliteStore::LoadLeases() {
  const MutexLock lock(reading_mutex_);
  ATELIER_ASSIGN_OR_RETURN(Statement query,
                           reading_->Prepare("SELECT job, worker, alone FROM leases"));
  while (true) {
    ATELIER_ASSIGN_OR_RETURN(const bool row, query.Step());
    if (!row) return {};
    JobRecord job;
    job.sequence = query.Integer(0);
    job.lease.emplace();
    job.lease->worker = query.Bytes(1);
    job.lease->alone = query.Integer(2) != 0;
    loads_.Changed(job);
  }
}

Status SqliteStore::Write(const GroupCommit::Work& work, const std::vector<JobRecord>& changed) {
  return writer_.Run(work, [&] {
    for (const JobRecord& job : changed) {
      order_.Changed(job);
      loads_.Changed(job);
    }
  });
}

Result<JobStore::Inserted> SqliteStore::Insert(const JobRecord& job, const QueueLimits& limits) {
  Inserted inserted;
  std::vector<JobRecord> changed;
  ATELIER_RETURN_IF_ERROR(Write(
      [&](Database& database) -> Status {
        if (!job.request_id.empty()) {
          ATELIER_ASSIGN_OR_RETURN(std::optional<JobRecord> older,
                                   FindByRequest(database, job.tenant, job.request_id));
          if (older && older->request_hash != job.request_hash) {
            return RequestIdReused(job.request_id);
          }
          if (older) {
            inserted = {*std::move(older), true};
            return {};
          }
        }
        ATELIER_RETURN_IF_ERROR(CheckLimits(database, job, limits));
        inserted = {job, false};
        inserted.job.revision = 1;
        ATELIER_ASSIGN_OR_RETURN(inserted.job.sequence, InsertJob(database, inserted.job));
        changed = {inserted.job};
        return {};
      },
      changed));
  return inserted;
}

Result<JobRecord> SqliteStore::Get(const std::string& id) {
  const MutexLock lock(reading_mutex_);
  return FindById(*reading_, id);
}

Result<std::optional<JobRecord>> SqliteStore::FindRequest(const std::string& tenant,
                                                          const std::string& request_id) {
  const MutexLock lock(reading_mutex_);
  return FindByRequest(*reading_, tenant, request_id);
}

Result<std::vector<JobRecord>> SqliteStore::List(int limit, int64_t before_sequence,
                                                 const JobFilter& filter) {
  const MutexLock lock(reading_mutex_);
  ATELIER_ASSIGN_OR_RETURN(Statement query,
                           reading_->Prepare(SelectJobs("WHERE sequence < ?1" + FilterSql(filter) +
                                                        " ORDER BY sequence DESC LIMIT ?4")));
  query.Bind(1, before_sequence).Bind(4, limit);
  if (!filter.tenant.empty()) query.BindText(2, filter.tenant);
  if (!filter.error_reason.empty()) query.BindText(3, filter.error_reason);
  if (!filter.states.empty()) query.Bind(5, filter.states.mask());
  return ReadJobs(query);
}

Result<std::vector<JobRecord>> SqliteStore::ListRunning() {
  const MutexLock lock(reading_mutex_);
  ATELIER_ASSIGN_OR_RETURN(Statement query,
                           reading_->Prepare(SelectJobs("WHERE state = 2 ORDER BY +sequence")));
  return ReadJobs(query);
}

Result<std::vector<JobRecord>> SqliteStore::ListUnleased() {
  const MutexLock lock(reading_mutex_);
  ATELIER_ASSIGN_OR_RETURN(
      Statement query,
      reading_->Prepare(SelectJobs("WHERE state = 2 AND job IS NULL ORDER BY +sequence")));
  return ReadJobs(query);
}

Status SqliteStore::ExtendLease(const std::string& id, const std::string& token,
                                int64_t deadline_ms) {
  return writer_.Run([&](Database& database) -> Status {
    ATELIER_ASSIGN_OR_RETURN(
        Statement update, database.Prepare("UPDATE leases SET deadline_ms = ?1 WHERE token = ?2 AND"
                                           " job = (SELECT sequence FROM jobs WHERE id = ?3)"));
    ATELIER_RETURN_IF_ERROR(update.Bind(1, deadline_ms).BindBlob(2, token).BindText(3, id).Run());
    return database.changes() == 1 ? Status() : LeaseLost(id);
  });
}

Result<WorkerLoad> SqliteStore::LoadOf(const std::string& worker) { return loads_.Of(worker); }

Result<std::vector<JobLease>> SqliteStore::ListExpiredLeases(int64_t now_ms) {
  const MutexLock lock(reading_mutex_);
  ATELIER_ASSIGN_OR_RETURN(Statement query,
                           reading_->Prepare(SelectLeases("WHERE deadline_ms <= ? ORDER BY job")));
  query.Bind(1, now_ms);
  return ReadLeases(query);
}

Result<JobStore::Counts> SqliteStore::Count() {
  const MutexLock lock(reading_mutex_);
  ATELIER_ASSIGN_OR_RETURN(Statement query,
                           reading_->Prepare("SELECT queued, running, finished FROM totals"));
  ATELIER_ASSIGN_OR_RETURN([[maybe_unused]] const bool row, query.Step());
  return Counts{query.Integer(0), query.Integer(1), query.Integer(2)};
}

Result<TenantLoad> SqliteStore::LoadOfTenant(const std::string& tenant) {
  const MutexLock lock(reading_mutex_);
  return server::LoadOfTenant(*reading_, tenant);
}

Result<std::vector<JobStore::QueuedOfModel>> SqliteStore::CountQueued() {
  const MutexLock lock(reading_mutex_);
  ATELIER_ASSIGN_OR_RETURN(Statement query,
                           reading_->Prepare("SELECT model, COUNT(*), MIN(queued_ms) FROM jobs"
                                             " WHERE state = 1 GROUP BY model ORDER BY model"));
  std::vector<QueuedOfModel> queued;
  while (true) {
    ATELIER_ASSIGN_OR_RETURN(const bool row, query.Step());
    if (!row) return queued;
    queued.push_back({query.Bytes(0), query.Integer(1), query.Integer(2)});
  }
}

Result<int64_t> SqliteStore::CountAhead(const JobRecord& job) { return order_.Ahead(job); }

Result<JobRecord> SqliteStore::Update(const std::string& id, const Mutation& mutate,
                                      const std::vector<AssetOwner>& owners) {
  std::vector<JobRecord> changed;
  ATELIER_RETURN_IF_ERROR(Write(
      [&](Database& database) -> Status {
        ATELIER_ASSIGN_OR_RETURN(JobRecord job, FindById(database, id));
        changed = {std::move(job)};
        ATELIER_RETURN_IF_ERROR(MutateAll(database, changed, mutate));
        for (const AssetOwner& owner : owners) {
          ATELIER_RETURN_IF_ERROR(InsertOwner(database, owner));
        }
        return {};
      },
      changed));
  return std::move(changed.front());
}

Result<std::vector<JobRecord>> SqliteStore::TakeQueued(const std::vector<std::string>& models,
                                                       int max_jobs, const Mutation& mutate,
                                                       const RunningLimit& running_limit) {
  std::vector<JobRecord> taken;
  ATELIER_RETURN_IF_ERROR(Write(
      [&](Database& database) -> Status {
        ATELIER_ASSIGN_OR_RETURN(taken, NextBatch(database, models, max_jobs, running_limit));
        return MutateAll(database, taken, mutate);
      },
      taken));
  return taken;
}

Result<std::vector<JobRecord>> SqliteStore::TakeOverdue(int64_t now_ms, int limit,
                                                        const Mutation& mutate) {
  {
    // A few times a second somebody asks, and mostly there is nothing to write.
    const MutexLock lock(reading_mutex_);
    ATELIER_ASSIGN_OR_RETURN(
        Statement query, reading_->Prepare("SELECT 1 FROM jobs WHERE state = 1 AND expires_ms > 0"
                                           " AND expires_ms <= ? LIMIT 1"));
    ATELIER_ASSIGN_OR_RETURN(const bool any, query.Bind(1, now_ms).Step());
    if (!any) return std::vector<JobRecord>();
  }
  std::vector<JobRecord> overdue;
  ATELIER_RETURN_IF_ERROR(Write(
      [&](Database& database) -> Status {
        ATELIER_ASSIGN_OR_RETURN(
            Statement query,
            database.Prepare(SelectJobs("WHERE state = 1 AND expires_ms > 0 AND expires_ms <= ?"
                                        " ORDER BY expires_ms LIMIT ?")));
        query.Bind(1, now_ms).Bind(2, limit);
        ATELIER_ASSIGN_OR_RETURN(overdue, ReadJobs(query));
        return MutateAll(database, overdue, mutate);
      },
      overdue));
  return overdue;
}

Result<int64_t> SqliteStore::Prune(int64_t ended_before_ms, int64_t keep, int limit) {
  int64_t pruned = 0;
  ATELIER_RETURN_IF_ERROR(writer_.Run([&](Database& database) -> Status {
    ATELIER_ASSIGN_OR_RETURN(pruned,
                             DeleteFinished(database, "ended_ms < ?", ended_before_ms, limit));
    ATELIER_ASSIGN_OR_RETURN(const int64_t finished,
                             ReadInteger(database, "SELECT finished FROM totals"));
    const int64_t excess = std::min(finished - keep, limit - pruned);
    if (excess <= 0) return {};
    // Everything ended before the end of time.
    ATELIER_ASSIGN_OR_RETURN(
        const int64_t more,
        DeleteFinished(database, "ended_ms <= ?", std::numeric_limits<int64_t>::max(), excess));
    pruned += more;
    return {};
  }));
  return pruned;
}

Result<int64_t> SqliteStore::PruneTenant(const std::string& tenant, int limit) {
  int64_t pruned = 0;
  ATELIER_RETURN_IF_ERROR(writer_.Run([&](Database& database) -> Status {
    ATELIER_ASSIGN_OR_RETURN(
        Statement remove,
        database.Prepare("DELETE FROM jobs WHERE sequence IN (SELECT sequence FROM jobs WHERE"
                         " tenant = ? AND state >= 3 LIMIT ?)"));
    ATELIER_RETURN_IF_ERROR(remove.BindText(1, tenant).Bind(2, limit).Run());
    pruned = database.changes();
    return {};
  }));
  return pruned;
}

Status SqliteStore::Delete(const std::string& id) {
  return writer_.Run([&](Database& database) -> Status {
    ATELIER_ASSIGN_OR_RETURN(const JobRecord job, FindById(database, id));
    if (!IsFinal(job.state)) return JobNotFinished(job);
    ATELIER_ASSIGN_OR_RETURN(Statement remove,
                             database.Prepare("DELETE FROM jobs WHERE sequence = ?"));
    return remove.Bind(1, job.sequence).Run();
  });
}

Result<int64_t> SqliteStore::LatestMs() {
  const MutexLock lock(reading_mutex_);
  return ReadInteger(*reading_, "SELECT MAX(MAX(queued_ms, started_ms, ended_ms)) FROM jobs");
}

Status SqliteStore::PutModel(const std::string& name, const std::string& model) {
  return writer_.Run([&](Database& database) -> Status {
    ATELIER_ASSIGN_OR_RETURN(
        Statement put,
        database.Prepare("INSERT INTO models (name, model) VALUES (?, ?)"
                         " ON CONFLICT (name) DO UPDATE SET model = excluded.model"));
    return put.BindText(1, name).BindBlob(2, model).Run();
  });
}

Status SqliteStore::RemoveModel(const std::string& name) {
  return writer_.Run([&](Database& database) -> Status {
    ATELIER_ASSIGN_OR_RETURN(Statement remove,
                             database.Prepare("DELETE FROM models WHERE name = ?"));
    return remove.BindText(1, name).Run();
  });
}

Result<std::vector<std::pair<std::string, std::string>>> SqliteStore::ListModels() {
  const MutexLock lock(reading_mutex_);
  ATELIER_ASSIGN_OR_RETURN(Statement query,
                           reading_->Prepare("SELECT name, model FROM models ORDER BY name"));
  std::vector<std::pair<std::string, std::string>> models;
  while (true) {
    ATELIER_ASSIGN_OR_RETURN(const bool row, query.Step());
    if (!row) return models;
    models.emplace_back(query.Bytes(0), query.Bytes(1));
  }
}

PendingWrite SqliteStore::AddAssetOwner(const AssetOwner& owner) {
  {
    const MutexLock lock(reading_mutex_);
    const Result<bool> known = IsOwner(*reading_, owner.digest, owner.tenant);
    if (!known) return PendingWrite(Propagate(known.error()));
    if (*known) return PendingWrite(Status());
  }
  return PendingWrite(
      writer_.Begin([owner](Database& database) { return InsertOwner(database, owner); }));
}

Result<std::vector<AssetOwner>> SqliteStore::ListAssetOwners(const std::string& digest) {
  const MutexLock lock(reading_mutex_);
  return OwnersOf(*reading_, digest);
}

Status SqliteStore::RemoveAssetOwners(const std::string& digest) {
  {
    const MutexLock lock(reading_mutex_);
    ATELIER_ASSIGN_OR_RETURN(const std::vector<AssetOwner> owners, OwnersOf(*reading_, digest));
    if (owners.empty()) return {};
  }
  return writer_.Run([&](Database& database) { return DeleteOwners(database, digest); });
}

Result<std::optional<AssetOwner>> SqliteStore::FindAssetOwner(const std::string& digest,
                                                              const std::string& tenant) {
  const MutexLock lock(reading_mutex_);
  return OwnerOf(*reading_, digest, tenant);
}

Result<std::vector<AssetOwner>> SqliteStore::ListAssetsOf(const std::string& tenant, int limit,
                                                          const AssetPlace& after) {
  const MutexLock lock(reading_mutex_);
  return AssetsOf(*reading_, tenant, limit, after);
}

Status SqliteStore::RemoveAssetOwner(const std::string& digest, const std::string& tenant) {
  return writer_.Run([&](Database& database) { return DeleteOwner(database, digest, tenant); });
}

Status SqliteStore::PutToken(const TokenRecord& token) {
  return writer_.Run([&](Database& database) { return WriteToken(database, token); });
}

Result<std::vector<TokenRecord>> SqliteStore::ListTokens() {
  const MutexLock lock(reading_mutex_);
  return ReadTokens(*reading_);
}

Result<int64_t> SqliteStore::RemoveTokensOf(const std::string& tenant) {
  int64_t removed = 0;
  ATELIER_RETURN_IF_ERROR(writer_.Run([&](Database& database) -> Status {
    ATELIER_ASSIGN_OR_RETURN(removed, DeleteTokensOf(database, tenant));
    return {};
  }));
  return removed;
}

Result<std::vector<std::string>> SqliteStore::ListUnsizedAssets(int limit) {
  const MutexLock lock(reading_mutex_);
  return UnsizedAssets(*reading_, limit);
}

Status SqliteStore::SetAssetBytes(const std::string& digest, int64_t bytes) {
  return writer_.Run([&](Database& database) { return SizeAsset(database, digest, bytes); });
}

Result<TenantUsage> SqliteStore::UsageOf(const std::string& tenant) {
  const MutexLock lock(reading_mutex_);
  return server::UsageOf(*reading_, tenant);
}

Result<std::vector<TenantUsage>> SqliteStore::ListUsage() {
  const MutexLock lock(reading_mutex_);
  return AllUsage(*reading_);
}

}  // namespace atelier::server
