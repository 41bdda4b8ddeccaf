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
  // One that a failed ROLLBACK left behind.
  if (database_.in_transaction()) (void)database_.Execute("ROLLBACK");
  Status committed = database_.RunPrepared("BEGIN IMMEDIATE");
  for (const auto& ticket : batch) {
    if (!committed) break;
    committed = RunOne(*ticket);
  }
  if (committed) committed = database_.RunPrepared("COMMIT");
  if (!committed && database_.in_transaction()) (void)database_.Execute("ROLLBACK");
  for (const auto& ticket : batch) {
    if (!ticket->status) continue;
    ticket->status = committed;
    if (committed && ticket->on_commit) ticket->on_commit();
  }
}

Status GroupCommit::RunOne(Ticket& ticket) {
  ATELIER_RETURN_IF_ERROR(database_.RunPrepared("SAVEPOINT work"));
  ticket.status = ticket.work(database_);
  if (!database_.in_transaction()) {
    if (!ticket.status) return ticket.status;
    return MakeError(Code::kInternal, "STORE_FAILED", "SQLite ended the transaction");
  }
  // Work that failed and cannot be undone alone must not be committed with the others.
  if (!ticket.status) ATELIER_RETURN_IF_ERROR(database_.RunPrepared("ROLLBACK TO work"));
  return database_.RunPrepared("RELEASE work");
}

}  // namespace atelier::server
