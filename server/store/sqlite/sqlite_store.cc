#include "server/store/sqlite/sqlite_store.h"

#include "server/store/sqlite/job_rows.h"
#include "server/store/sqlite/migrations.h"

namespace atelier::server {
namespace {

Result<std::optional<JobRecord>> FindByRequest(Database& database, const std::string& request_id) {
  // The second condition lets SQLite use the partial index.
  ATELIER_ASSIGN_OR_RETURN(
      Statement query, database.Prepare(SelectJobs("WHERE request_id = ? AND request_id <> ''")));
  query.BindText(1, request_id);
  return ReadJob(query);
}

Result<JobRecord> FindById(Database& database, const std::string& id) {
  ATELIER_ASSIGN_OR_RETURN(Statement query, database.Prepare(SelectJobs("WHERE id = ?")));
  query.BindText(1, id);
  ATELIER_ASSIGN_OR_RETURN(std::optional<JobRecord> job, ReadJob(query));
  if (!job) return JobNotFound(id);
  return *std::move(job);
}

Result<int64_t> ReadInteger(Statement& query) {
  ATELIER_ASSIGN_OR_RETURN(const bool row, query.Step());
  return row ? query.Integer(0) : 0;
}

Result<int64_t> CountQueued(Database& database) {
  ATELIER_ASSIGN_OR_RETURN(Statement query,
                           database.Prepare("SELECT COUNT(*) FROM jobs WHERE state = 1"));
  return ReadInteger(query);
}

// The oldest queued job of any of `models`: one index look-up a model.
Result<std::optional<JobRecord>> OldestQueued(Database& database,
                                              const std::vector<std::string>& models) {
  std::optional<JobRecord> oldest;
  for (const std::string& model : models) {
    ATELIER_ASSIGN_OR_RETURN(
        Statement query,
        database.Prepare(SelectJobs("WHERE state = 1 AND model = ? ORDER BY sequence LIMIT 1")));
    query.BindText(1, model);
    ATELIER_ASSIGN_OR_RETURN(std::optional<JobRecord> job, ReadJob(query));
    if (job && (!oldest || job->sequence < oldest->sequence)) oldest = std::move(job);
  }
  return oldest;
}

Result<std::vector<JobRecord>> QueuedBatch(Database& database, const std::string& batch_key,
                                           int max_jobs) {
  ATELIER_ASSIGN_OR_RETURN(
      Statement query,
      database.Prepare(SelectJobs("WHERE state = 1 AND batch_key = ? ORDER BY sequence LIMIT ?")));
  query.BindText(1, batch_key).Bind(2, max_jobs);
  return ReadJobs(query);
}

}  // namespace

Result<std::unique_ptr<SqliteStore>> SqliteStore::Open(const std::string& path) {
  ATELIER_ASSIGN_OR_RETURN(auto writing, Database::Open(path));
  ATELIER_RETURN_IF_ERROR(Migrate(*writing));
  ATELIER_ASSIGN_OR_RETURN(auto reading, Database::Open(path));
  return std::unique_ptr<SqliteStore>(new SqliteStore(std::move(writing), std::move(reading)));
}

SqliteStore::SqliteStore(std::unique_ptr<Database> writing, std::unique_ptr<Database> reading)
    : writing_(std::move(writing)), reading_(std::move(reading)), writer_(*writing_) {}

Result<JobStore::Inserted> SqliteStore::Insert(const JobRecord& job, int64_t max_queued) {
  Inserted inserted;
  ATELIER_RETURN_IF_ERROR(writer_.Run([&](Database& database) -> Status {
    if (!job.request_id.empty()) {
      ATELIER_ASSIGN_OR_RETURN(std::optional<JobRecord> older,
                               FindByRequest(database, job.request_id));
      if (older && older->request_hash != job.request_hash) return RequestIdReused(job.request_id);
      if (older) {
        inserted = {*std::move(older), true};
        return {};
      }
    }
    ATELIER_ASSIGN_OR_RETURN(const int64_t queued, CountQueued(database));
    if (queued >= max_queued) return QueueFull(max_queued);
    ATELIER_ASSIGN_OR_RETURN(const int64_t sequence, InsertJob(database, job));
    inserted = {job, false};
    inserted.job.sequence = sequence;
    return {};
  }));
  return inserted;
}

Result<JobRecord> SqliteStore::Get(const std::string& id) {
  const std::lock_guard lock(reading_mutex_);
  return FindById(*reading_, id);
}

Result<std::optional<JobRecord>> SqliteStore::FindRequest(const std::string& request_id) {
  const std::lock_guard lock(reading_mutex_);
  return FindByRequest(*reading_, request_id);
}

Result<std::vector<JobRecord>> SqliteStore::List(int limit, int64_t before_sequence) {
  const std::lock_guard lock(reading_mutex_);
  ATELIER_ASSIGN_OR_RETURN(
      Statement query,
      reading_->Prepare(SelectJobs("WHERE sequence < ? ORDER BY sequence DESC LIMIT ?")));
  query.Bind(1, before_sequence).Bind(2, limit);
  return ReadJobs(query);
}

Result<std::vector<JobRecord>> SqliteStore::ListRunning() {
  const std::lock_guard lock(reading_mutex_);
  ATELIER_ASSIGN_OR_RETURN(Statement query,
                           reading_->Prepare(SelectJobs("WHERE state = 2 ORDER BY sequence")));
  return ReadJobs(query);
}

Result<JobStore::Counts> SqliteStore::Count() {
  const std::lock_guard lock(reading_mutex_);
  Counts counts;
  ATELIER_ASSIGN_OR_RETURN(counts.queued, CountQueued(*reading_));
  ATELIER_ASSIGN_OR_RETURN(Statement query,
                           reading_->Prepare("SELECT COUNT(*) FROM jobs WHERE state = 2"));
  ATELIER_ASSIGN_OR_RETURN(counts.running, ReadInteger(query));
  return counts;
}

Result<int64_t> SqliteStore::CountAhead(int64_t sequence) {
  const std::lock_guard lock(reading_mutex_);
  ATELIER_ASSIGN_OR_RETURN(
      Statement query,
      reading_->Prepare("SELECT COUNT(*) FROM jobs WHERE state = 1 AND sequence < ?"));
  query.Bind(1, sequence);
  return ReadInteger(query);
}

Result<JobRecord> SqliteStore::Update(const std::string& id, const Mutation& mutate) {
  JobRecord job;
  ATELIER_RETURN_IF_ERROR(writer_.Run([&](Database& database) -> Status {
    ATELIER_ASSIGN_OR_RETURN(job, FindById(database, id));
    ATELIER_RETURN_IF_ERROR(mutate(job));
    return UpdateJob(database, job);
  }));
  return job;
}

Result<std::vector<JobRecord>> SqliteStore::TakeQueued(const std::vector<std::string>& models,
                                                       int max_jobs, const Mutation& mutate) {
  std::vector<JobRecord> taken;
  ATELIER_RETURN_IF_ERROR(writer_.Run([&](Database& database) -> Status {
    ATELIER_ASSIGN_OR_RETURN(const std::optional<JobRecord> oldest, OldestQueued(database, models));
    if (!oldest) return {};
    ATELIER_ASSIGN_OR_RETURN(taken, QueuedBatch(database, oldest->batch_key, max_jobs));
    for (JobRecord& job : taken) {
      ATELIER_RETURN_IF_ERROR(mutate(job));
      ATELIER_RETURN_IF_ERROR(UpdateJob(database, job));
    }
    return {};
  }));
  return taken;
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

Result<std::vector<std::pair<std::string, std::string>>> SqliteStore::ListModels() {
  const std::lock_guard lock(reading_mutex_);
  ATELIER_ASSIGN_OR_RETURN(Statement query,
                           reading_->Prepare("SELECT name, model FROM models ORDER BY name"));
  std::vector<std::pair<std::string, std::string>> models;
  while (true) {
    ATELIER_ASSIGN_OR_RETURN(const bool row, query.Step());
    if (!row) return models;
    models.emplace_back(query.Bytes(0), query.Bytes(1));
  }
}

}  // namespace atelier::server
