// CallMemory: how much of what clients send is in memory at once, from the moment a request was
// read to the moment its pictures are stored.
//
// A request waits with its bytes, and while it is worked on they are copied, hashed and checked.
// Both are bounded: who finds no room to wait in is refused, who waits is worked on when there is
// room.
#pragma once

#include <cstdint>
#include <utility>

#include "base/mutex.h"
#include "base/result.h"

namespace atelier::server {

class CallMemory {
 public:
  /// `max_bytes` of requests may wait, and as much be worked on. A single request always may.
  explicit CallMemory(int64_t max_bytes) : max_bytes_(max_bytes) {}
  CallMemory(const CallMemory&) = delete;
  CallMemory& operator=(const CallMemory&) = delete;

  /// The place of one request; given back when it is destroyed.
  class Hold {
   public:
    Hold() = default;
    Hold(Hold&& other) noexcept { *this = std::move(other); }
    Hold& operator=(Hold&& other) noexcept {
      std::swap(memory_, other.memory_);
      std::swap(waiting_, other.waiting_);
      std::swap(worked_, other.worked_);
      return *this;
    }
    ~Hold();

    /// More of the request came. RESOURCE_EXHAUSTED / TOO_MANY_CALLS when there is no room for it.
    Status Grow(int64_t bytes);
    /// Waits until the request may be worked on. Blocks; other requests' work ends the wait.
    void Begin();

   private:
    friend class CallMemory;
    explicit Hold(CallMemory& memory) : memory_(&memory) {}

    CallMemory* memory_ = nullptr;
    int64_t waiting_ = 0;
    int64_t worked_ = 0;
  };

  /// A place to wait for a request of `bytes`. Errors: Hold::Grow()'s. Thread-safe.
  Result<Hold> Queue(int64_t bytes);
  /// The same, begun.
  Result<Hold> Take(int64_t bytes);

 private:
  const int64_t max_bytes_;
  Mutex mutex_;
  ConditionVariable less_;
  int64_t waiting_ GUARDED_BY(mutex_) = 0;
  int64_t worked_ GUARDED_BY(mutex_) = 0;
};

}  // namespace atelier::server
