#include "server/calls/call_memory.h"

#include "server/calls/call_slots.h"

namespace atelier::server {
namespace {

// Requests without pictures of any size pass uncounted.
constexpr int64_t kSmall = 64 << 10;
// What working on a request takes: itself, a copy of its spec, and that in the form that is hashed.
constexpr int64_t kCopies = 3;

}  // namespace

CallMemory::Hold::~Hold() {
  if (memory_ == nullptr) return;
  const MutexLock lock(memory_->mutex_);
  memory_->waiting_ -= waiting_;
  memory_->worked_ -= worked_;
  memory_->less_.NotifyAll();
}

Status CallMemory::Hold::Grow(int64_t bytes) {
  const MutexLock lock(memory_->mutex_);
  const int64_t others = memory_->waiting_ - waiting_;
  if (others > 0 && others + waiting_ + bytes > memory_->max_bytes_) {
    return MakeError(Code::kResourceExhausted, kTooManyCallsReason,
                     "calls wait already with as much as may be in memory at once; try again");
  }
  waiting_ += bytes;
  memory_->waiting_ += bytes;
  return {};
}

void CallMemory::Hold::Begin() {
  if (waiting_ == 0) return;
  CallMemory& memory = *memory_;
  MutexLock lock(memory.mutex_);
  const int64_t needed = waiting_ * kCopies;
  memory.less_.Wait(lock, [&]() REQUIRES(memory.mutex_) {
    return memory.worked_ == 0 || memory.worked_ + needed <= memory.max_bytes_;
  });
  memory.waiting_ -= waiting_;
  memory.worked_ += needed;
  worked_ += needed;
  waiting_ = 0;
}

Result<CallMemory::Hold> CallMemory::Queue(int64_t bytes) {
  Hold hold(*this);
  if (bytes >= kSmall) ATELIER_RETURN_IF_ERROR(hold.Grow(bytes));
  return hold;
}

Result<CallMemory::Hold> CallMemory::Take(int64_t bytes) {
  ATELIER_ASSIGN_OR_RETURN(Hold hold, Queue(bytes));
  hold.Begin();
  return hold;
}

}  // namespace atelier::server
