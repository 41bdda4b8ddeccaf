#include "server/store/postgres/migrations.h"

#include <algorithm>
#include <cstdlib>
#include <string>
#include <string_view>

namespace atelier::server::postgres {
namespace {

// Of pg_advisory_xact_lock: any number that nothing else in the database uses.
constexpr int64_t kMigrationLock = 0x6174656c6d696772;

struct Schema {
  int64_t version = 0;
  /// The oldest version whose servers can work with it.
  int64_t compatible_from = 0;
};

Result<Schema> ReadSchema(Connection& connection) {
  ATELIER_ASSIGN_OR_RETURN(const Rows rows,
                           connection.Run("SELECT version, compatible_from FROM schema_version"));
  if (rows.count() == 0) return Schema();
  return Schema{rows.Integer(0, 0), rows.Integer(0, 1)};
}

// `version`, which the step makes, unless the step names an older one.
int64_t CompatibleFrom(const Migration& step, int64_t version) {
  constexpr std::string_view kMark = "\n-- compatible_from: ";
  const std::string sql = std::string("\n") + step.sql;
  const size_t found = sql.find(kMark);
  return found == std::string::npos ? version : std::atoll(sql.c_str() + found + kMark.size());
}

Status OpenTable(Connection& connection) {
  ATELIER_RETURN_IF_ERROR(
      connection.Run("SELECT pg_advisory_xact_lock($1)", {Value(kMigrationLock)}));
  ATELIER_RETURN_IF_ERROR(
      connection.Execute("CREATE TABLE IF NOT EXISTS schema_version (version BIGINT NOT NULL)"));
  return connection.Execute(
      "ALTER TABLE schema_version ADD COLUMN IF NOT EXISTS compatible_from BIGINT NOT NULL"
      " DEFAULT 0");
}

Status TakeSteps(Connection& connection, const std::vector<Migration>& steps) {
  ATELIER_RETURN_IF_ERROR(OpenTable(connection));
  ATELIER_ASSIGN_OR_RETURN(const Schema schema, ReadSchema(connection));
  const auto newest = static_cast<int64_t>(steps.size());
  if (schema.version > newest) {
    if (schema.compatible_from > 0 && schema.compatible_from <= newest) return {};
    return MakeError(Code::kFailedPrecondition, "NEWER_SCHEMA",
                     "the database has schema version " + std::to_string(schema.version) +
                         ", for servers that know " + std::to_string(schema.compatible_from) +
                         " or more; this one knows " + std::to_string(newest));
  }
  if (schema.version == newest) return {};
  int64_t compatible_from = schema.compatible_from;
  for (int64_t version = schema.version + 1; version <= newest; ++version)
    compatible_from =
        std::max(compatible_from, CompatibleFrom(steps[static_cast<size_t>(version - 1)], version));
  if (schema.version > 0 && compatible_from > schema.version) {
    ATELIER_ASSIGN_OR_RETURN(const bool alone, connection.NoServerRuns());
    if (!alone)
      return MakeError(Code::kFailedPrecondition, "STORE_IN_USE",
                       "servers that know schema version " + std::to_string(schema.version) +
                           " use the database and cannot work with version " +
                           std::to_string(newest) + "; stop them first");
  }
  for (int64_t version = schema.version + 1; version <= newest; ++version) {
    const Migration& migration = steps[static_cast<size_t>(version - 1)];
    if (const Status done = connection.Execute(migration.sql); !done)
      return Propagate(done.error(), std::string("migration ") + migration.name);
  }
  ATELIER_RETURN_IF_ERROR(connection.Run("DELETE FROM schema_version"));
  ATELIER_RETURN_IF_ERROR(
      connection.Run("INSERT INTO schema_version (version, compatible_from) VALUES ($1, $2)",
                     {newest, compatible_from}));
  return {};
}

}  // namespace

Status Migrate(Connection& connection, const std::vector<Migration>& steps) {
  ATELIER_RETURN_IF_ERROR(connection.Execute("BEGIN"));
  if (Status done = TakeSteps(connection, steps); !done) {
    if (connection.alive()) (void)connection.Execute("ROLLBACK");
    return done;
  }
  return connection.Commit();
}

}  // namespace atelier::server::postgres
