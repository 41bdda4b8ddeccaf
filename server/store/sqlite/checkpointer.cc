#include "server/store/sqlite/checkpointer.h"

#include <spdlog/spdlog.h>

#include <utility>

namespace atelier::server {
namespace {

// The log stays as it is and nothing is lost: the next round tries again.
void Report(const Status& done) {
  if (!done) spdlog::error("cannot write the log back: {}", done.error().message);
}

}  // namespace

Checkpointer::Checkpointer(Database& writing, std::unique_ptr<Database> own,
                           const LogLimits& limits)
    : limits_(limits), writing_(writing), own_(std::move(own)), thread_([this] { Loop(); }) {
  writing_.WriteBackByHand([this](int pages) { OnCommit(pages); });
}

Checkpointer::~Checkpointer() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void Checkpointer::OnCommit(int pages) {
  if (pages < limits_.soft_pages) return;
  bool finish = false;
  {
    const std::lock_guard lock(mutex_);
    finish = pages >= limits_.hard_pages && through_;
    through_ = false;
    due_ = !finish;
  }
  if (finish) Report(writing_.Checkpoint());
  if (!finish) changed_.notify_one();
}

void Checkpointer::Loop() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return due_ || stopping_; });
    if (stopping_) return;
    due_ = false;
    lock.unlock();
    Report(own_->Checkpoint());
    lock.lock();
    through_ = true;
  }
}

}  // namespace atelier::server
