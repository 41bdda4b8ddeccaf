// GroupCommit: one thread that writes for everybody.
//
// Work that arrives while a commit is being synced to disk waits and then shares the next
// transaction, so that many submits a second cost few fsyncs. Each piece of work has a savepoint of
// its own: one that fails takes nothing with it. Run() returns after the commit, never before.
//
// SQLite ends a transaction by itself when it cannot go on, as on a full disk or after an I/O
// error. What ran in it before is undone, and whatever ran after it would be committed statement by
// statement; so the whole batch fails then, and what has not run yet does not run.
#pragma once

#include <semaphore.h>

#include <functional>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "server/storage/storage_failure.h"
#include "server/store/sqlite/database.h"

namespace atelier::server {

class GroupCommit {
 public:
  using Work = std::function<Status(Database&)>;

  /// `database` must outlive it; nobody else may use it meanwhile.
  explicit GroupCommit(Database& database, OnStorageFailure on_failure = {});
  /// Finishes what was handed in.
  ~GroupCommit();

  /// Runs `work` on the writer's thread and waits until it is on disk, or failed. `on_commit` is
  /// called on the writer's thread once it is on disk, in the order of the commits.
  Status Run(Work work, std::function<void()> on_commit = {}) {
    return Begin(std::move(work), std::move(on_commit))();
  }
  /// Hands `work` in as Run() does; the answer waits for it. What `work` refers to must live until
  /// that was called.
  std::function<Status()> Begin(Work work, std::function<void()> on_commit = {});
  /// How many wait for the next transaction.
  size_t waiting();

 private:
  // Shared by who waits and who wakes it, each of which may be through first. A semaphore of its
  // own: a finished commit wakes those it was for, and they need no lock that the others need too.
  struct Ticket {
    Ticket(Work work, std::function<void()> on_commit)
        : work(std::move(work)), on_commit(std::move(on_commit)) {
      sem_init(&finished, 0, 0);
    }
    ~Ticket() { sem_destroy(&finished); }
    Ticket(const Ticket&) = delete;
    Ticket& operator=(const Ticket&) = delete;

    const Work work;
    const std::function<void()> on_commit;
    Status status;
    sem_t finished;
  };
  using Tickets = std::vector<std::shared_ptr<Ticket>>;

  void Loop();
  void Write(const Tickets& batch);
  // Runs the ticket's work and sets its status. An error says that the transaction cannot go on.
  Status RunOne(Ticket& ticket);

  Database& database_;
  const OnStorageFailure on_failure_;
  Mutex mutex_;
  ConditionVariable arrived_;
  Tickets waiting_ GUARDED_BY(mutex_);
  bool stopping_ GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace atelier::server
