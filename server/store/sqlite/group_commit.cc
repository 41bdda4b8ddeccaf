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
  const auto ticket = std::make_shared<Ticket>(work, on_commit);
  {
    const std::lock_guard lock(mutex_);
    waiting_.push_back(ticket);
  }
  arrived_.notify_one();
  while (sem_wait(&ticket->finished) != 0) {  // A signal.
  }
  return std::move(ticket->status);
}

void GroupCommit::Loop() {
  std::unique_lock lock(mutex_);
  while (true) {
    arrived_.wait(lock, [&] { return stopping_ || !waiting_.empty(); });
    if (waiting_.empty()) return;
    const Tickets batch = std::exchange(waiting_, {});
    lock.unlock();
    Write(batch);
    for (const auto& ticket : batch) sem_post(&ticket->finished);
    lock.lock();
  }
}

void GroupCommit::Write(const Tickets& batch) {
  Status begun = database_.RunPrepared("BEGIN IMMEDIATE");
  if (!begun) {
    for (const auto& ticket : batch) ticket->status = begun;
    return;
  }
  for (const auto& ticket : batch) ticket->status = RunOne(ticket->work);
  const Status committed = database_.RunPrepared("COMMIT");
  if (!committed) (void)database_.Execute("ROLLBACK");
  for (const auto& ticket : batch) {
    if (!ticket->status) continue;
    ticket->status = committed;
    if (committed && ticket->on_commit) ticket->on_commit();
  }
}

Status GroupCommit::RunOne(const Work& work) {
  ATELIER_RETURN_IF_ERROR(database_.RunPrepared("SAVEPOINT work"));
  Status status = work(database_);
  if (!status) (void)database_.RunPrepared("ROLLBACK TO work");
  ATELIER_RETURN_IF_ERROR(database_.RunPrepared("RELEASE work"));
  return status;
}

}  // namespace atelier::server
