#include "server/store/sqlite/group_commit.h"

#include <utility>

namespace atelier::server {

GroupCommit::GroupCommit(Database& database, OnStorageFailure on_failure)
    : database_(database), on_failure_(std::move(on_failure)), thread_([this] { Loop(); }) {}

GroupCommit::~GroupCommit() {
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
  }
  arrived_.NotifyOne();
  thread_.join();
}

std::function<Status()> GroupCommit::Begin(Work work, std::function<void()> on_commit) {
  const auto ticket = std::make_shared<Ticket>(std::move(work), std::move(on_commit));
  {
    const MutexLock lock(mutex_);
    waiting_.push_back(ticket);
  }
  arrived_.NotifyOne();
  return [this, ticket]() -> Status {
    while (sem_wait(&ticket->finished) != 0) {  // A signal.
    }
    TellStorageFailure(ticket->status, on_failure_);
    return std::move(ticket->status);
  };
}

size_t GroupCommit::waiting() {
  const MutexLock lock(mutex_);
  return waiting_.size();
}

void GroupCommit::Loop() {
  MutexLock lock(mutex_);
  while (true) {
    arrived_.Wait(lock, [&]() REQUIRES(mutex_) { return stopping_ || !waiting_.empty(); });
    if (waiting_.empty()) return;
    const Tickets batch = std::exchange(waiting_, {});
    lock.Unlock();
    Write(batch);
    for (const auto& ticket : batch) sem_post(&ticket->finished);
    lock.Lock();
  }
}

void GroupCommit::Write(const Tickets& batch) {
  Status begun = database_.RunPrepared("BEGIN IMMEDIATE");
  if (!begun) {
    for (const auto& ticket : batch) ticket->status = begun;
    return;
  }
  Status committed;
  for (const auto& ticket : batch) {
    ticket->status = RunOne(ticket->work);
    if (database_.in_transaction()) continue;
    // SQLite ends a transaction by itself when it cannot go on, as on a full disk: what the others
    // wrote in it is gone as well, and for the same reason.
    committed = ticket->status;
    break;
  }
  if (committed) committed = database_.RunPrepared("COMMIT");
  if (!committed && database_.in_transaction()) (void)database_.Execute("ROLLBACK");
  for (const auto& ticket : batch) {
    if (!ticket->status) continue;
    ticket->status = committed;
    if (committed && ticket->on_commit) ticket->on_commit();
  }
}

Status GroupCommit::RunOne(const Work& work) {
  ATELIER_RETURN_IF_ERROR(database_.RunPrepared("SAVEPOINT work"));
  Status status = work(database_);
  if (!status && !database_.in_transaction()) return status;
  if (!status) (void)database_.RunPrepared("ROLLBACK TO work");
  ATELIER_RETURN_IF_ERROR(database_.RunPrepared("RELEASE work"));
  return status;
}

}  // namespace atelier::server
