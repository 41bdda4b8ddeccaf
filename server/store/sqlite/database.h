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

/// Pages of 4 KiB that SQLite's log holds before they are written back into the database: the log's
/// file takes about 32 MB. More makes that rarer and a start after a crash longer.
inline constexpr int kLogPages = 8000;

class Database {
 public:
  /// Opens or makes the file, in WAL mode with a full sync at each commit. Writes nowhere but into
  /// the file's folder.
  static Result<std::unique_ptr<Database>> Open(const std::string& path);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  /// Runs one or more statements without parameters.
  Status Execute(const char* sql);
  /// The same for one statement that runs often: it is compiled once.
  Status RunPrepared(std::string_view sql);
  /// Compiles `sql` once per connection and keeps it: `sql` must be one of few texts, never one
  /// that a caller's input shapes.
  Result<Statement> Prepare(std::string_view sql);
  int64_t last_insert_rowid() const;
  /// Rows that the last INSERT, UPDATE or DELETE changed by itself.
  int64_t changes() const;
  /// Between BEGIN and its end, which an error may bring as well.
  bool in_transaction() const;

 private:
  explicit Database(sqlite3* connection) : connection_(connection) {}

  sqlite3* connection_;
  // Looks a text up without a copy of it.
  struct HashText {
    using is_transparent = void;
    size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };
  std::unordered_map<std::string, sqlite3_stmt*, HashText, std::equal_to<>> statements_;
};

}  // namespace atelier::server
