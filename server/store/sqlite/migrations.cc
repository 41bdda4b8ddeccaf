#include "server/store/sqlite/migrations.h"

#include <string>

namespace atelier::server {
namespace {

Result<int64_t> SchemaVersion(Database& database) {
  ATELIER_ASSIGN_OR_RETURN(Statement query, database.Prepare("PRAGMA user_version"));
  ATELIER_ASSIGN_OR_RETURN(const bool row, query.Step());
  return row ? query.Integer(0) : 0;
}

}  // namespace

Status Migrate(Database& database) {
  const std::vector<Migration>& steps = Migrations();
  ATELIER_ASSIGN_OR_RETURN(const int64_t version, SchemaVersion(database));
  if (version > static_cast<int64_t>(steps.size())) {
    return MakeError(Code::kFailedPrecondition, "NEWER_SCHEMA",
                     "the database has schema version " + std::to_string(version) +
                         ", this server knows " + std::to_string(steps.size()));
  }
  for (size_t step = version; step < steps.size(); ++step) {
    const std::string sql = "BEGIN IMMEDIATE;\n" + std::string(steps[step].sql) +
                            "\nPRAGMA user_version = " + std::to_string(step + 1) + ";\nCOMMIT;";
    if (auto status = database.Execute(sql.c_str()); !status) {
      (void)database.Execute("ROLLBACK");
      return Propagate(status.error(), std::string("migration ") + steps[step].name);
    }
  }
  return {};
}

}  // namespace atelier::server
