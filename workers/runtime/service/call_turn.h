// What a call of a worker's service waits for before it is worked on, and that nothing is done for
// a caller who has gone: memory for its pictures, then its turn at the networks, both first come,
// first served. Thread-safe.
#pragma once

#include <google/protobuf/message.h>
#include <grpcpp/server_context.h>

#include <functional>
#include <utility>

#include "base/result.h"
#include "imaging/picture_memory.h"
#include "runtime/service/ticket_lock.h"

namespace atelier::runtime {

/// Whether somebody still waits for the answer.
using Wanted = std::function<bool()>;

/// For callers who never go.
inline bool Always() { return true; }

/// Until the call is cancelled, its deadline passes or its connection ends. `context` must outlive
/// it.
Wanted WantedBy(const grpc::ServerContext& context);

/// CANCELLED (ABANDONED) once nobody waits for the answer.
Status CheckWanted(const Wanted& wanted);

/// MemoryToRead() of all pictures in `request`, whatever their fields are called: every field of
/// bytes is looked at, also in the messages that it holds.
int64_t MemoryForPictures(const google::protobuf::Message& request);

/// Waits for room for the pictures of `request`. CANCELLED (ABANDONED).
Result<imaging::PictureMemory::Share> TakeMemory(imaging::PictureMemory& memory,
                                                 const google::protobuf::Message& request,
                                                 const Wanted& wanted);

/// Holds a TicketLock while it lives.
class Turn {
 public:
  /// Takes over a lock that its caller holds.
  explicit Turn(TicketLock& lock) : lock_(&lock) {}
  Turn(Turn&& other) noexcept : lock_(std::exchange(other.lock_, nullptr)) {}
  Turn& operator=(Turn&&) = delete;
  ~Turn() {
    if (lock_ != nullptr) lock_->Release();
  }

 private:
  TicketLock* lock_;
};

/// Waits for the caller's turn. CANCELLED (ABANDONED), also when its turn comes too late.
Result<Turn> TakeTurn(TicketLock& lock, const Wanted& wanted);

}  // namespace atelier::runtime
