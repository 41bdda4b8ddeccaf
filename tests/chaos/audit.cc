#include "chaos/audit.h"

#include <sqlite3.h>

#include <memory>

namespace atelier::chaos {
namespace {

constexpr int kBusyMilliseconds = 10'000;

constexpr char kInstall[] = R"sql(
CREATE TABLE IF NOT EXISTS audit_ends (job TEXT NOT NULL);
CREATE TRIGGER IF NOT EXISTS audit_end AFTER UPDATE ON jobs WHEN NEW.state >= 3 BEGIN
  INSERT INTO audit_ends VALUES (NEW.id);
END;
)sql";

constexpr char kTwice[] = R"sql(
SELECT 'jobs/' || job || ' ended ' || COUNT(*) || ' times' FROM audit_ends
  GROUP BY job HAVING COUNT(*) > 1
UNION ALL
SELECT 'request ' || request_id || ' became ' || COUNT(*) || ' jobs' FROM jobs
  WHERE request_id <> '' GROUP BY tenant, request_id HAVING COUNT(*) > 1
)sql";

constexpr char kInstallInPostgres[] = R"sql(
CREATE TABLE audit_ends (job TEXT NOT NULL);
CREATE FUNCTION audit_end() RETURNS TRIGGER LANGUAGE plpgsql AS $$ BEGIN
  INSERT INTO audit_ends VALUES (NEW.id); RETURN NULL; END $$;
CREATE TRIGGER audit_end AFTER UPDATE ON jobs FOR EACH ROW WHEN (NEW.state >= 3)
  EXECUTE FUNCTION audit_end();
)sql";

using Connection = std::unique_ptr<sqlite3, int (*)(sqlite3*)>;

Unexpected Failed(sqlite3* connection) {
  return MakeError(Code::kInternal, "AUDIT", std::string("audit: ") + sqlite3_errmsg(connection));
}

Result<Connection> Open(const std::filesystem::path& database) {
  sqlite3* raw = nullptr;
  const int result = sqlite3_open_v2(database.c_str(), &raw, SQLITE_OPEN_READWRITE, nullptr);
  Connection connection(raw, &sqlite3_close);
  if (result != SQLITE_OK) return Failed(raw);
  sqlite3_busy_timeout(raw, kBusyMilliseconds);
  return connection;
}

// The first column of every row.
Result<std::vector<std::string>> Texts(const std::filesystem::path& database, const char* sql) {
  ATELIER_ASSIGN_OR_RETURN(const Connection connection, Open(database));
  std::vector<std::string> texts;
  const auto add = [](void* out, int, char** columns, char**) {
    static_cast<std::vector<std::string>*>(out)->emplace_back(columns[0]);
    return 0;
  };
  if (sqlite3_exec(connection.get(), sql, add, &texts, nullptr) != SQLITE_OK) {
    return Failed(connection.get());
  }
  return texts;
}

}  // namespace

Status InstallAudit(const std::filesystem::path& database) {
  const auto done = Texts(database, kInstall);
  if (!done) return Propagate(done.error());
  return {};
}

Result<std::vector<std::string>> RecordedTwice(const std::filesystem::path& database) {
  return Texts(database, kTwice);
}

Status InstallAudit(const Database& database) {
  const auto done = database.Ask(kInstallInPostgres);
  if (!done) return Propagate(done.error());
  return {};
}

Result<std::vector<std::string>> RecordedTwice(const Database& database) {
  return database.Ask(kTwice);
}

Result<std::string> CheckIntegrity(const std::filesystem::path& database) {
  ATELIER_ASSIGN_OR_RETURN(const std::vector<std::string> lines,
                           Texts(database, "PRAGMA integrity_check"));
  std::string all;
  for (const std::string& line : lines) all += (all.empty() ? "" : "; ") + line;
  return all;
}

}  // namespace atelier::chaos
