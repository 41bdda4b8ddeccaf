#include "server/migration/move_store.h"

#include <memory>
#include <string_view>
#include <system_error>
#include <utility>

#include "server/storage/data_lock.h"
#include "server/store/job_store.h"
#include "server/store/postgres/asset_rows.h"
#include "server/store/postgres/connection.h"
#include "server/store/postgres/job_rows.h"
#include "server/store/postgres/migrations.h"
#include "server/store/postgres/tenant_rows.h"
#include "server/store/sqlite/database.h"
#include "server/store/sqlite/job_rows.h"
#include "server/store/sqlite/migrations.h"
#include "server/store/sqlite/tenant_rows.h"
#include "server/store/sqlite/token_rows.h"

namespace atelier::server {
namespace {

namespace fs = std::filesystem;
using postgres::Connection;
using postgres::Rows;

/// Jobs that are in memory at a time.
constexpr int64_t kJobsAtOnce = 200;

Status RequireEmpty(Connection& to) {
  ATELIER_ASSIGN_OR_RETURN(
      const Rows rows,
      to.Run("SELECT (EXISTS (SELECT FROM jobs) OR EXISTS (SELECT FROM asset_owners) OR"
             " EXISTS (SELECT FROM models) OR EXISTS (SELECT FROM tokens) OR"
             " EXISTS (SELECT FROM tenant_usage) OR EXISTS (SELECT FROM blobs))::INT::BIGINT"));
  if (rows.Integer(0, 0) == 0) return {};
  return MakeError(Code::kFailedPrecondition, "STORE_NOT_EMPTY",
                   "the database holds jobs, pictures' owners, models, tokens or tenants already; "
                   "take an empty one, or an empty schema as the first of its search_path");
}

/// In their order, so that the numbers that the database gives them are in the same.
Result<int64_t> MoveJobs(Database& from, Connection& to) {
  int64_t moved = 0, last = 0;
  while (true) {
    std::vector<JobRecord> jobs;
    {
      static const std::string sql = SelectJobs("WHERE sequence > ? ORDER BY sequence LIMIT ?");
      ATELIER_ASSIGN_OR_RETURN(Statement query, from.Prepare(sql));
      query.Bind(1, last).Bind(2, kJobsAtOnce);
      ATELIER_ASSIGN_OR_RETURN(jobs, ReadJobs(query));
    }
    if (jobs.empty()) return moved;
    for (JobRecord& job : jobs) {
      last = job.sequence;
      std::optional<Lease> lease = std::exchange(job.lease, std::nullopt);
      Rows sequence;
      ATELIER_RETURN_IF_ERROR(postgres::InsertJob(to, job, sequence));
      ATELIER_RETURN_IF_ERROR(to.Await());
      job.sequence = sequence.Integer(0, 0);
      if (lease) {
        const JobRecord before = job;
        job.lease = std::move(lease);
        ATELIER_RETURN_IF_ERROR(postgres::UpdateJob(to, before, job));
      }
      ++moved;
    }
  }
}

/// Calls `move` for every row of `sql`; returns how many there were.
template <typename Move>
Result<int64_t> ForEachRow(Database& from, std::string_view sql, const Move& move) {
  ATELIER_ASSIGN_OR_RETURN(Statement query, from.Prepare(sql));
  for (int64_t moved = 0;; ++moved) {
    ATELIER_ASSIGN_OR_RETURN(const bool row, query.Step());
    if (!row) return moved;
    ATELIER_RETURN_IF_ERROR(move(query));
  }
}

/// The database gave each lane a turn as its first job came.
Result<int64_t> MoveTurns(Database& from, Connection& to) {
  return ForEachRow(from, "SELECT model, tenant, turn FROM lanes", [&](const Statement& row) {
    const std::string model = row.Bytes(0), tenant = row.Bytes(1);
    return to.Run("UPDATE lanes SET turn = $1 WHERE model = $2 AND tenant = $3",
                  {row.Integer(2), model, tenant});
  });
}

Result<int64_t> MoveOwners(Database& from, Connection& to) {
  return ForEachRow(from, "SELECT digest, tenant, create_time_ms, bytes FROM asset_owners",
                    [&](const Statement& row) {
                      return postgres::InsertOwner(
                          to, {row.Bytes(0), row.Bytes(1), row.Integer(2), row.Integer(3)});
                    });
}

/// Which pictures lie in S3, what is to be deleted there and what was being written: a server looks
/// after both.
Status MoveBlobs(Database& from, Connection& to) {
  ATELIER_RETURN_IF_ERROR(ForEachRow(
      from, "SELECT digest, object, bytes, create_ns, used_ms FROM blobs ORDER BY last_use",
      [&](const Statement& row) {
        const std::string digest = row.Bytes(0), object = row.Bytes(1);
        return to.Run(
            "INSERT INTO blobs (digest, object, bytes, create_ns, used_ms, last_use)"
            " VALUES ($1, $2, $3, $4, $5, nextval('blob_uses'))",
            {digest, object, row.Integer(2), row.Integer(3), row.Integer(4)});
      }));
  ATELIER_RETURN_IF_ERROR(ForEachRow(
      from, "SELECT object, digest, bytes, begin_ms FROM blob_uploads", [&](const Statement& row) {
        const std::string object = row.Bytes(0), digest = row.Bytes(1);
        return to.Run(
            "INSERT INTO blob_uploads (object, digest, bytes, begin_ms)"
            " VALUES ($1, $2, $3, $4)",
            {object, digest, row.Integer(2), row.Integer(3)});
      }));
  ATELIER_RETURN_IF_ERROR(
      ForEachRow(from, "SELECT object FROM blob_garbage", [&](const Statement& row) {
        const std::string object = row.Bytes(0);
        return to.Run("INSERT INTO blob_garbage (object) VALUES ($1)", {object});
      }));
  return {};
}

Result<int64_t> MoveModels(Database& from, Connection& to) {
  return ForEachRow(from, "SELECT name, model FROM models", [&](const Statement& row) {
    const std::string name = row.Bytes(0), model = row.Bytes(1);
    return to.Run("INSERT INTO models (name, model) VALUES ($1, $2)",
                  {name, postgres::Blob{model}});
  });
}

Result<int64_t> MoveTokens(Database& from, Connection& to) {
  ATELIER_ASSIGN_OR_RETURN(const std::vector<TokenRecord> tokens, ReadTokens(from));
  for (const TokenRecord& token : tokens) {
    ATELIER_RETURN_IF_ERROR(postgres::WriteToken(to, token));
  }
  return static_cast<int64_t>(tokens.size());
}

/// What the jobs and pictures of `to` do not count themselves.
Result<int64_t> MoveUsage(Database& from, Connection& to) {
  ATELIER_ASSIGN_OR_RETURN(const std::vector<TenantUsage> usage, AllUsage(from));
  for (const TenantUsage& tenant : usage) {
    ATELIER_RETURN_IF_ERROR(to.Run("SELECT count_usage($1, $2, $3, 0)",
                                   {tenant.tenant, tenant.device_ms, tenant.pictures}));
    ATELIER_ASSIGN_OR_RETURN(const TenantUsage moved, postgres::UsageOf(to, tenant.tenant));
    if (moved == tenant) continue;
    return MakeError(Code::kInternal, "STORE_FAILED",
                     "tenant '" + tenant.tenant + "' stores " +
                         std::to_string(tenant.stored_bytes) + " bytes, of which " +
                         std::to_string(moved.stored_bytes) + " arrived; nothing was moved");
  }
  return static_cast<int64_t>(usage.size());
}

Result<MovedRows> MoveRows(Database& from, Connection& to) {
  MovedRows moved;
  ATELIER_RETURN_IF_ERROR(RequireEmpty(to));
  ATELIER_ASSIGN_OR_RETURN(moved.jobs, MoveJobs(from, to));
  ATELIER_RETURN_IF_ERROR(MoveTurns(from, to));
  ATELIER_ASSIGN_OR_RETURN(moved.owners, MoveOwners(from, to));
  ATELIER_RETURN_IF_ERROR(MoveBlobs(from, to));
  ATELIER_ASSIGN_OR_RETURN(moved.models, MoveModels(from, to));
  ATELIER_ASSIGN_OR_RETURN(moved.tokens, MoveTokens(from, to));
  ATELIER_ASSIGN_OR_RETURN(moved.tenants, MoveUsage(from, to));
  return moved;
}

}  // namespace

Result<MovedRows> MoveStore(const fs::path& data, const std::string& url) {
  const fs::path file = data / "jobs.sqlite";
  // Opening it would make it.
  std::error_code error;
  if (!fs::is_regular_file(file, error)) {
    return MakeError(Code::kNotFound, "NO_STORE",
                     file.string() + ": there is no such file; name the server's data folder");
  }
  ATELIER_ASSIGN_OR_RETURN(const auto lock, DataLock::Take(data));
  ATELIER_ASSIGN_OR_RETURN(const std::unique_ptr<Database> from, Database::Open(file.string()));
  ATELIER_RETURN_IF_ERROR(Migrate(*from));

  ATELIER_ASSIGN_OR_RETURN(const std::unique_ptr<Connection> to, Connection::Open({.url = url}));
  ATELIER_RETURN_IF_ERROR(postgres::Migrate(*to));
  // Where something fails from here on the connection goes, and with it the transaction.
  ATELIER_RETURN_IF_ERROR(to->Execute("BEGIN"));
  ATELIER_ASSIGN_OR_RETURN(const bool alone, to->NoServerRuns());
  if (!alone) {
    return MakeError(Code::kFailedPrecondition, "STORE_IN_USE",
                     "a server uses the database; stop it first");
  }
  ATELIER_ASSIGN_OR_RETURN(const MovedRows moved, MoveRows(*from, *to));
  ATELIER_RETURN_IF_ERROR(to->Commit());
  return moved;
}

}  // namespace atelier::server
