// One connection to PostgreSQL, over libpq. Used by one thread at a time.
//
// Every turn to the server and back counts, most of all under a lock: statements of which none
// needs another's answer are sent together (RunLater), and the last ones of a transaction with its
// COMMIT. What is done in one turn is done, too, when this process stands still in the middle of
// it: it holds no lock meanwhile.
//
// Values travel in PostgreSQL's binary form: integers are BIGINT, texts TEXT, bytes BYTEA.
#pragma once

#include <atomic>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>
#include <vector>

#include "base/result.h"
#include "server/store/postgres/libpq.h"

namespace atelier::server::postgres {

/// The reasons of errors that a caller may see. UNAVAILABLE: the server is away, starts, stops, is
/// read-only or did not answer in time; the same call may be made again.
inline constexpr char kUnavailable[] = "STORE_UNAVAILABLE";
/// Another transaction was in the way; Transaction() tries again.
inline constexpr char kBusy[] = "STORE_BUSY";

/// Bytes of a BYTEA.
struct Blob {
  explicit Blob(std::string_view bytes) : bytes(bytes) {}
  std::string_view bytes;
};

/// A parameter. It refers to the caller's text or bytes.
using Value = std::variant<int64_t, std::string_view, Blob>;

/// The rows that a statement returned.
class Rows {
 public:
  Rows() : result_(nullptr, nullptr) {}
  explicit Rows(PGresult* result) : result_(result, Pq().clear) {}

  bool failed() const {
    const ExecStatusType status = Pq().resultStatus(result_.get());
    return status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK;
  }
  const PGresult* result() const { return result_.get(); }
  int count() const { return Pq().ntuples(result_.get()); }
  /// Rows that an INSERT, UPDATE or DELETE changed.
  int64_t changed() const;
  /// What was done: "COMMIT", "INSERT 0 1".
  std::string_view command() const { return Pq().cmdStatus(result_.get()); }
  /// Of a BIGINT; 0 when it is NULL.
  int64_t Integer(int row, int column) const;
  /// Of a TEXT or BYTEA; empty when it is NULL.
  std::string Bytes(int row, int column) const;

 private:
  std::unique_ptr<PGresult, void (*)(PGresult*)> result_;
};

struct ConnectionOptions {
  /// A libpq connection string or URI. Of several hosts the one that can be written to is taken.
  std::string url;
  /// Longest time of one statement, lock waits included.
  int statement_timeout_ms = 10'000;
  /// Whether it is a server's, which works with the schema: while there is one, none makes a schema
  /// that servers which run already cannot work with; see NoServerRuns().
  bool is_servers = false;
  /// Whether nothing may come over it for long: a lost peer is found within about 10 s then.
  bool may_fall_silent = false;
  /// Counts the turns to the server and back; null: nobody does.
  std::atomic<int64_t>* turns = nullptr;
};

class Connection {
 public:
  static Result<std::unique_ptr<Connection>> Open(const ConnectionOptions& options);

  /// Whether no connection of a server (is_servers) is open; until the present transaction ends
  /// none can be opened then.
  Result<bool> NoServerRuns();

  /// Runs statements without parameters, without an answer.
  Status Execute(const std::string& sql);
  /// Runs one statement, which is prepared once per connection and kept: `sql` must be one of few
  /// texts, never one that a caller's input shapes.
  Result<Rows> Run(std::string_view sql, std::initializer_list<Value> values = {});
  /// The same, but sent with the next Run(), Execute(), Commit() or Await(), which returns its
  /// error. `rows`, where it is given, holds what the statement returned then.
  Status RunLater(std::string_view sql, std::initializer_list<Value> values = {},
                  Rows* rows = nullptr);
  /// Sends what waits, and returns when all of it was answered.
  Status Await();
  /// Begins a transaction, with the next statement.
  Status Begin();
  /// Ends the transaction and returns once it is on disk. An error of a serialization says that it
  /// is not; with a lost server it may be or not.
  Status Commit();
  /// Runs the transaction's last statement and ends it, in one turn. The errors are Run()'s, with
  /// which it is undone, and Commit()'s.
  Result<Rows> RunAndCommit(std::string_view sql, std::initializer_list<Value> values = {});
  /// Whether a Commit() was tried since the last Begin(): the transaction may be on disk.
  bool committed() const { return committed_; }
  /// Undoes the transaction, if there is one.
  void Rollback();
  /// What came for LISTEN since the last call, but for what this connection sent itself.
  Result<std::vector<std::string>> TakeNotifications();
  /// Becomes readable when something comes.
  int socket() const { return Pq().socket(connection_.get()); }
  /// False after the server was lost: the connection is of no more use.
  bool alive() const;
  /// Whether something came over it that nobody asked for: nearly always its end.
  bool has_news() const;
  /// Whether a COMMIT or ROLLBACK is still to come.
  bool in_transaction() const;

 private:
  explicit Connection(PGconn* connection) : connection_(connection, Pq().finish) {}
  Status ShareUse();
  Unexpected Failure(const PGresult* result);
  // Both only hand it to libpq.
  Status Prepare(std::string_view sql, std::initializer_list<Value> values);
  Status Send(const std::string& name, std::initializer_list<Value> values);
  // The answer of the last of the statements that were handed over, once all are done.
  Result<Rows> Flush();

  // Looks a text up without a copy of it.
  struct HashText {
    using is_transparent = void;
    size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };
  std::unique_ptr<PGconn, void (*)(PGconn*)> connection_;
  // A statement that was handed over.
  struct UnderWay {
    // The text, when it is being prepared; empty when it is run.
    std::string prepared = {};
    Rows* rows = nullptr;
  };
  std::atomic<int64_t>* turns_ = nullptr;
  bool lost_ = false;
  bool committed_ = false;
  // What Flush() will have answers of.
  std::vector<UnderWay> under_way_;
  int64_t prepared_ = 0;
  // The names of prepared statements, by their texts.
  std::unordered_map<std::string, std::string, HashText, std::equal_to<>> statements_;
};

}  // namespace atelier::server::postgres
