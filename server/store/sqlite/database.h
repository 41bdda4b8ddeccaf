// A thin RAII layer over the sqlite3 C API: one connection and its statements. Not thread-safe; the
// owner brings the lock or the thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace atelier::server {

/// A prepared statement in use; gives it back to its Database, reset, when it goes. The Database
/// must outlive it, and one SQL text may be in use once at a time.
class Statement {
 public:
  Statement(sqlite3* connection, sqlite3_stmt* statement);
  ~Statement();
  Statement(Statement&& other) noexcept;
  Statement& operator=(Statement&&) = delete;

  /// Parameters from 1 on. Bytes are copied.
  Statement& Bind(int index, int64_t value);
  Statement& BindText(int index, std::string_view value);
  Statement& BindBlob(int index, std::string_view value);

  /// True: a row is there; false: done. Reports a failed Bind too.
  Result<bool> Step();
  /// Step() for a statement without rows.
  Status Run();

  /// Columns from 0 on of the present row.
  int64_t Integer(int column) const;
  std::string Bytes(int column) const;

 private:
  sqlite3* connection_;
  sqlite3_stmt* statement_;
  int bind_result_ = 0;
};

class Database {
 public:
  /// Opens or makes the file, in WAL mode with a full sync at each commit.
  static Result<std::unique_ptr<Database>> Open(const std::string& path);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  /// Runs one or more statements without parameters.
  Status Execute(const char* sql);
  /// The same for one statement that runs often: it is compiled once.
  Status RunPrepared(std::string_view sql);
  /// Compiles `sql` once per connection.
  Result<Statement> Prepare(std::string_view sql);
  int64_t last_insert_rowid() const;
  /// Commits no longer write back into the database's file what the log has: Checkpoint() does.
  /// `on_commit` is told the pages of the log after each commit.
  void WriteBackByHand(std::function<void(int pages)> on_commit);
  /// Writes back what no reader still needs in the log and does not wait for anybody. Once all of
  /// it is, the next commit starts the log anew.
  Status Checkpoint();
  /// Rows that the last INSERT, UPDATE or DELETE changed by itself.
  int64_t changes() const;

 private:
  explicit Database(sqlite3* connection) : connection_(connection) {}

  sqlite3* connection_;
  std::unordered_map<std::string, sqlite3_stmt*> statements_;
  std::function<void(int pages)> on_commit_;
};

}  // namespace atelier::server
