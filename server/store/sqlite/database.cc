#include "server/store/sqlite/database.h"

#include <sqlite3.h>

#include <cerrno>
#include <utility>

namespace atelier::server {
namespace {

// Call right after SQLite: errno is still that of its last system call that failed.
// sqlite3_system_errno() does not know of those under a commit.
Unexpected SqliteError(sqlite3* connection, int result) {
  const int cause = errno;
  const std::string message =
      std::string("SQLite: ") + (connection ? sqlite3_errmsg(connection) : sqlite3_errstr(result));
  // Some file systems find out at a sync, which SQLite calls an I/O error.
  const bool io_full = result == SQLITE_IOERR && (cause == ENOSPC || cause == EDQUOT);
  if (result == SQLITE_FULL || io_full) {
    return MakeError(Code::kResourceExhausted, "STORAGE_FULL", message);
  }
  if (result == SQLITE_BUSY) return MakeError(Code::kUnavailable, "STORE_BUSY", message);
  return MakeError(Code::kInternal, "STORE_FAILED", message);
}

}  // namespace

Statement::Statement(sqlite3* connection, sqlite3_stmt* statement)
    : connection_(connection), statement_(statement) {}

Statement::Statement(Statement&& other) noexcept
    : connection_(other.connection_),
      statement_(std::exchange(other.statement_, nullptr)),
      bind_result_(other.bind_result_) {}

Statement::~Statement() {
  if (!statement_) return;
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
}

Statement& Statement::Bind(int index, int64_t value) {
  const int result = sqlite3_bind_int64(statement_, index, value);
  if (result != SQLITE_OK) bind_result_ = result;
  return *this;
}

Statement& Statement::BindText(int index, std::string_view value) {
  // A null pointer would bind NULL, which an empty string_view may hold.
  const int result = sqlite3_bind_text(statement_, index, value.empty() ? "" : value.data(),
                                       static_cast<int>(value.size()), SQLITE_TRANSIENT);
  if (result != SQLITE_OK) bind_result_ = result;
  return *this;
}

Statement& Statement::BindBlob(int index, std::string_view value) {
  const int result = sqlite3_bind_blob(statement_, index, value.empty() ? "" : value.data(),
                                       static_cast<int>(value.size()), SQLITE_TRANSIENT);
  if (result != SQLITE_OK) bind_result_ = result;
  return *this;
}

Result<bool> Statement::Step() {
  if (bind_result_ != SQLITE_OK) return SqliteError(connection_, bind_result_);
  errno = 0;
  const int result = sqlite3_step(statement_);
  if (result == SQLITE_ROW) return true;
  if (result == SQLITE_DONE) return false;
  return SqliteError(connection_, result);
}

Status Statement::Run() {
  ATELIER_ASSIGN_OR_RETURN([[maybe_unused]] const bool row, Step());
  return {};
}

int64_t Statement::Integer(int column) const { return sqlite3_column_int64(statement_, column); }

std::string Statement::Bytes(int column) const {
  const auto* data = static_cast<const char*>(sqlite3_column_blob(statement_, column));
  return data ? std::string(data, sqlite3_column_bytes(statement_, column)) : std::string();
}

Result<std::unique_ptr<Database>> Database::Open(const std::string& path) {
  sqlite3* connection = nullptr;
  const int result =
      sqlite3_open_v2(path.c_str(), &connection,
                      SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
  // SQLite gives a connection to close even when opening failed.
  std::unique_ptr<Database> database(new Database(connection));
  if (result != SQLITE_OK) return SqliteError(connection, result);
  sqlite3_busy_timeout(connection, 5000);
  // FULL: a commit returns after its fsync, so that an answered submit survives a power cut. The
  // commit that finds kLogPages in the log also writes them back, which takes tens of milliseconds:
  // so seldom that fewer than one submit in a hundred waits for it. What a savepoint may have to
  // undo, and what is sorted, stays in memory: SQLite would put it into files of /tmp or /var/tmp,
  // which a container with a read-only root does not have.
  const std::string pragmas =
      "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA temp_store = MEMORY;"
      " PRAGMA wal_autocheckpoint = " +
      std::to_string(kLogPages) + ";";
  ATELIER_RETURN_IF_ERROR(database->Execute(pragmas.c_str()));
  return database;
}

Database::~Database() {
  for (const auto& [sql, statement] : statements_) sqlite3_finalize(statement);
  sqlite3_close(connection_);
}

Status Database::Execute(const char* sql) {
  errno = 0;
  const int result = sqlite3_exec(connection_, sql, nullptr, nullptr, nullptr);
  if (result != SQLITE_OK) return SqliteError(connection_, result);
  return {};
}

Status Database::RunPrepared(std::string_view sql) {
  ATELIER_ASSIGN_OR_RETURN(Statement statement, Prepare(sql));
  return statement.Run();
}

Result<Statement> Database::Prepare(std::string_view sql) {
  auto entry = statements_.find(sql);
  if (entry == statements_.end()) {
    entry = statements_.emplace(sql, nullptr).first;
    const int result = sqlite3_prepare_v3(connection_, sql.data(), static_cast<int>(sql.size()),
                                          SQLITE_PREPARE_PERSISTENT, &entry->second, nullptr);
    if (result != SQLITE_OK) {
      statements_.erase(entry);
      return SqliteError(connection_, result);
    }
  }
  return Statement(connection_, entry->second);
}

int64_t Database::last_insert_rowid() const { return sqlite3_last_insert_rowid(connection_); }

bool Database::in_transaction() const { return sqlite3_get_autocommit(connection_) == 0; }

int64_t Database::changes() const { return sqlite3_changes64(connection_); }

}  // namespace atelier::server
