#include "server/store/sqlite/group_commit.h"

#include <utility>

namespace atelier::server {

GroupCommit::GroupCommit(Database& database) : database_(database), thread_([this] { Loop(); }) {}

GroupCommit::~GroupCommit() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  arrived_.notify_one();
  thread_.join();
}

Status GroupCommit::Run(const Work& work, const std::function<void()>& on_commit) {
  Ticket ticket{&work, &on_commit, {}, false, {}};
  std::unique_lock lock(mutex_);
  waiting_.push_back(&ticket);
  arrived_.notify_one();
  ticket.finished.wait(lock, [&] { return ticket.done; });
  return std::move(ticket.status);
}

void GroupCommit::Loop() {
  std::unique_lock lock(mutex_);
  while (true) {
    arrived_.wait(lock, [&] { return stopping_ || !waiting_.empty(); });
    if (waiting_.empty()) return;
    const std::vector<Ticket*> batch = std::exchange(waiting_, {});
    lock.unlock();
    Write(batch);
    lock.lock();
    for (Ticket* ticket : batch) {
      ticket->done = true;
      ticket->finished.notify_one();  // Under the lock: the ticket goes when its owner wakes.
    }
  }
}

void GroupCommit::Write(const std::vector<Ticket*>& batch) {
  Status begun = database_.Execute("BEGIN IMMEDIATE");
  if (!begun) {
    for (Ticket* ticket : batch) ticket->status = begun;
    return;
  }
  for (Ticket* ticket : batch) ticket->status = RunOne(*ticket->work);
  const Status committed = database_.Execute("COMMIT");
  if (!committed) (void)database_.Execute("ROLLBACK");
  for (Ticket* ticket : batch) {
    if (!ticket->status) continue;
    ticket->status = committed;
    if (committed && *ticket->on_commit) (*ticket->on_commit)();
  }
}

Status GroupCommit::RunOne(const Work& work) {
  ATELIER_RETURN_IF_ERROR(database_.Execute("SAVEPOINT work"));
  Status status = work(database_);
  if (!status) (void)database_.Execute("ROLLBACK TO work");
  ATELIER_RETURN_IF_ERROR(database_.Execute("RELEASE work"));
  return status;
}

}  // namespace atelier::server
