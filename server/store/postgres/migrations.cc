#include "server/store/postgres/migrations.h"

#include <string>

namespace atelier::server::postgres {
namespace {

// Of pg_advisory_xact_lock: any number that nothing else in the database uses.
constexpr int64_t kMigrationLock = 0x6174656c6d696772;

Result<int64_t> SchemaVersion(Connection& connection) {
  ATELIER_ASSIGN_OR_RETURN(const Rows rows, connection.Run("SELECT version FROM schema_version"));
  return rows.count() > 0 ? rows.Integer(0, 0) : 0;
}

Status TakeSteps(Connection& connection) {
  ATELIER_RETURN_IF_ERROR(
      connection.Run("SELECT pg_advisory_xact_lock($1)", {Value(kMigrationLock)}));
  ATELIER_RETURN_IF_ERROR(
      connection.Execute("CREATE TABLE IF NOT EXISTS schema_version (version BIGINT NOT NULL)"));
  ATELIER_ASSIGN_OR_RETURN(const int64_t version, SchemaVersion(connection));
  const std::vector<Migration>& steps = Migrations();
  const auto newest = static_cast<int64_t>(steps.size());
  if (version > newest) {
    return MakeError(Code::kFailedPrecondition, "NEWER_SCHEMA",
                     "the database has schema version " + std::to_string(version) +
                         ", this server knows " + std::to_string(newest));
  }
  if (version == newest) return {};
  for (int64_t step = version; step < newest; ++step) {
    const Migration& migration = steps[static_cast<size_t>(step)];
    if (const Status done = connection.Execute(migration.sql); !done)
      return Propagate(done.error(), std::string("migration ") + migration.name);
  }
  ATELIER_RETURN_IF_ERROR(connection.Run("DELETE FROM schema_version"));
  ATELIER_RETURN_IF_ERROR(
      connection.Run("INSERT INTO schema_version VALUES ($1)", {Value(newest)}));
  return {};
}

}  // namespace

Status Migrate(Connection& connection) {
  ATELIER_RETURN_IF_ERROR(connection.Execute("BEGIN"));
  if (Status done = TakeSteps(connection); !done) {
    if (connection.alive()) (void)connection.Execute("ROLLBACK");
    return done;
  }
  return connection.Commit();
}

}  // namespace atelier::server::postgres
