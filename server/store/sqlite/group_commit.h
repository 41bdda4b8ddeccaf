// GroupCommit: one thread that writes for everybody.
//
// Work that arrives while a commit is being synced to disk waits and then shares the next
// transaction, so that many submits a second cost few fsyncs. Each piece of work has a savepoint of
// its own: one that fails takes nothing with it. Run() returns after the commit, never before.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "server/store/sqlite/database.h"

namespace atelier::server {

class GroupCommit {
 public:
  using Work = std::function<Status(Database&)>;

  /// `database` must outlive it; nobody else may use it meanwhile.
  explicit GroupCommit(Database& database);
  /// Finishes what was handed in.
  ~GroupCommit();

  /// Runs `work` on the writer's thread and waits until it is on disk, or failed. `on_commit` is
  /// called on the writer's thread once it is on disk, in the order of the commits.
  Status Run(const Work& work, const std::function<void()>& on_commit = {});

 private:
  struct Ticket {
    const Work* work;
    const std::function<void()>* on_commit;
    Status status;
    bool done = false;
    // Of its own: a finished commit wakes those it was for and nobody else.
    std::condition_variable finished;
  };

  void Loop();
  void Write(const std::vector<Ticket*>& batch);
  Status RunOne(const Work& work);

  Database& database_;
  std::mutex mutex_;
  std::condition_variable arrived_;
  // Guarded by mutex_:
  std::vector<Ticket*> waiting_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace atelier::server
