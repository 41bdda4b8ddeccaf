// PendingWrite: a write of a store that has begun, so that its caller does something else while the
// disk is at it.
#pragma once

#include <functional>
#include <utility>

#include "base/result.h"

namespace atelier::server {

class [[nodiscard]] PendingWrite {
 public:
  /// One that has ended already.
  explicit PendingWrite(Status status) : wait_([status = std::move(status)] { return status; }) {}
  /// `wait` returns once the write is on disk, or failed.
  explicit PendingWrite(std::function<Status()> wait) : wait_(std::move(wait)) {}

  /// Returns once the write is on disk, or failed. Call once.
  Status Wait() { return wait_(); }

 private:
  std::function<Status()> wait_;
};

}  // namespace atelier::server
