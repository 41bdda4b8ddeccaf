// CallSlots: how many calls of a kind there may be at once, so that those that last cannot take all
// that the others need.
#pragma once

#include <atomic>
#include <memory>
#include <utility>

#include "base/result.h"

namespace atelier::server {

class CallSlots {
 public:
  /// Given back when it is destroyed. It may outlive the CallSlots.
  class Slot {
   public:
    explicit Slot(std::shared_ptr<std::atomic<int>> taken) : taken_(std::move(taken)) {}
    Slot(Slot&&) = default;
    Slot& operator=(Slot&& other) noexcept {
      std::swap(taken_, other.taken_);
      return *this;
    }
    ~Slot() {
      if (taken_) --*taken_;
    }

   private:
    std::shared_ptr<std::atomic<int>> taken_;
  };

  /// `reason` is that of the error, e.g. "TOO_MANY_WAITING"; `calls` says in its message which
  /// calls are meant, e.g. "calls that wait for jobs".
  CallSlots(int max, std::string reason, std::string calls)
      : max_(max), reason_(std::move(reason)), calls_(std::move(calls)) {}

  /// RESOURCE_EXHAUSTED with the reason when all are taken. Thread-safe.
  Result<Slot> Take() const {
    if (++*taken_ <= max_) return Slot(taken_);
    --*taken_;
    return MakeError(Code::kResourceExhausted, reason_,
                     "there are " + std::to_string(max_) + " " + calls_ + " already; try again");
  }

 private:
  const int max_;
  const std::string reason_;
  const std::string calls_;
  const std::shared_ptr<std::atomic<int>> taken_ = std::make_shared<std::atomic<int>>(0);
};

inline constexpr char kTooManyWaitingReason[] = "TOO_MANY_WAITING";
inline constexpr char kTooManyCallsReason[] = "TOO_MANY_CALLS";

}  // namespace atelier::server
