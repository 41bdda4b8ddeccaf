// ConnectionPool: connections to one PostgreSQL that calls share, and transactions over them.
// Thread-safe.
//
// A lost server is noticed by the call that meets it. Connections are then made anew by later
// calls, with growing pauses between tries; calls in a pause are refused at once.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <vector>

#include "base/mutex.h"
#include "server/store/postgres/connection.h"

namespace atelier::server::postgres {

struct PoolOptions {
  ConnectionOptions connection;
  /// Connections at most. More let more transactions share one sync to disk; PostgreSQL's own
  /// limit (max_connections) is for all servers together.
  int connections = 16;
};

class ConnectionPool {
 public:
  /// Makes one connection, so that a wrong URL is an error at once.
  static Result<std::unique_ptr<ConnectionPool>> Open(const PoolOptions& options);

  using Work = std::function<Status(Connection&)>;

  /// Runs `work` as one transaction and returns once it is on disk. `work` may end it itself, in
  /// the turn of its last statement (Connection::Commit()). It may run several times:
  /// when another transaction was in its way, and when its connection turned out to be lost before
  /// the end. UNAVAILABLE when the server went away during the COMMIT: it may be on disk or not.
  Status Transaction(const Work& work);
  /// Runs `work`, which only reads, without a transaction around it.
  Status Read(const Work& work);

 private:
  explicit ConnectionPool(PoolOptions options) : options_(std::move(options)) {}

  Result<std::unique_ptr<Connection>> Borrow();
  Result<std::unique_ptr<Connection>> Connect();
  void Return(std::unique_ptr<Connection> connection);
  // `run` with a connection, again with others while connections turn out to be lost.
  Status WithConnection(const Work& run);

  const PoolOptions options_;
  Mutex mutex_;
  ConditionVariable returned_;
  std::vector<std::unique_ptr<Connection>> idle_ GUARDED_BY(mutex_);
  int open_ GUARDED_BY(mutex_) = 0;
  // No connection is tried before then.
  std::chrono::steady_clock::time_point next_try_ GUARDED_BY(mutex_);
  std::chrono::milliseconds pause_ GUARDED_BY(mutex_){0};
  Error last_failure_ GUARDED_BY(mutex_);
};

}  // namespace atelier::server::postgres
