#include "server/store/postgres/connection_pool.h"

#include <algorithm>
#include <utility>

namespace atelier::server::postgres {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kFirstPause(50), kLongestPause(2000);
/// Transactions that meet others on the same rows settle in one or two more tries.
constexpr int kTries = 6;

}  // namespace

Result<std::unique_ptr<ConnectionPool>> ConnectionPool::Open(const PoolOptions& options) {
  std::unique_ptr<ConnectionPool> pool(new ConnectionPool(options));
  ATELIER_ASSIGN_OR_RETURN(std::unique_ptr<Connection> first, pool->Borrow());
  pool->Return(std::move(first));
  return pool;
}

Result<std::unique_ptr<Connection>> ConnectionPool::Borrow() {
  {
    MutexLock lock(mutex_);
    const milliseconds patience(options_.connection.statement_timeout_ms);
    const bool can_go_on = returned_.WaitFor(lock, patience, [this]() REQUIRES(mutex_) {
      return !idle_.empty() || open_ < options_.connections;
    });
    if (!can_go_on)
      return MakeError(
          Code::kUnavailable, kUnavailable,
          "PostgreSQL: all " + std::to_string(options_.connections) + " connections are in use");
    while (!idle_.empty()) {
      std::unique_ptr<Connection> connection = std::move(idle_.back());
      idle_.pop_back();
      // One that ended while nobody used it would end a transaction whose COMMIT was sent with it,
      // as if that might be on disk.
      if (!connection->has_news()) return connection;
      --open_;
    }
    if (steady_clock::now() < next_try_) return Unexpected(last_failure_);
    ++open_;
  }
  return Connect();
}

Result<std::unique_ptr<Connection>> ConnectionPool::Connect() {
  Result<std::unique_ptr<Connection>> connection = Connection::Open(options_.connection);
  const MutexLock lock(mutex_);
  if (connection) {
    pause_ = milliseconds(0);
    return connection;
  }
  --open_;
  pause_ = std::clamp(2 * pause_, kFirstPause, kLongestPause);
  next_try_ = steady_clock::now() + pause_;
  last_failure_ = connection.error();
  returned_.NotifyAll();
  return connection;
}

void ConnectionPool::Return(std::unique_ptr<Connection> connection) {
  const bool usable = connection->alive() && !connection->in_transaction();
  if (!usable) connection.reset();
  const MutexLock lock(mutex_);
  if (usable) {
    idle_.push_back(std::move(connection));
  } else {
    --open_;
  }
  returned_.NotifyOne();
}

Status ConnectionPool::WithConnection(const Work& run) {
  // Every connection of the pool may have been lost at once.
  for (int left = options_.connections;; --left) {
    ATELIER_ASSIGN_OR_RETURN(std::unique_ptr<Connection> connection, Borrow());
    const Status status = run(*connection);
    const bool lost = !connection->alive();
    Return(std::move(connection));
    if (status || !lost || left == 0 || status.error().reason != kUnavailable) return status;
  }
}

Status ConnectionPool::Read(const Work& work) { return WithConnection(work); }

Status ConnectionPool::Transaction(const Work& work) {
  Status status;
  for (int tries = 0; tries < kTries; ++tries) {
    bool committing = false;
    Status commit;
    status = WithConnection([&](Connection& connection) -> Status {
      ATELIER_RETURN_IF_ERROR(connection.Begin());
      Status done = work(connection);
      committing = connection.committed();
      if (!done && !committing) {
        connection.Rollback();
        return done;
      }
      // Not returned: what may be on disk already must not be done a second time.
      commit = committing ? std::move(done) : connection.Commit();
      committing = true;
      // Of a statement that was sent with it.
      if (!commit) connection.Rollback();
      return {};
    });
    if (committing) status = commit;
    if (status || status.error().reason != kBusy) return status;
  }
  return status;
}

}  // namespace atelier::server::postgres
