#include "rpc/refusals.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

namespace atelier::rpc {
namespace {

constexpr int kLinesAMinute = 10;

bool IsWrongToken(const std::string& reason) {
  return reason == kBadToken || reason == kTokenExpired || reason == kTokenRevoked;
}

}  // namespace

Refusals::Refusals(Options options)
    : options_(std::move(options)),
      left_(options_.burst),
      filled_(options_.clock->NowMonotonic()),
      minute_(filled_) {}

Unexpected Refusals::Refuse(const Unexpected& error) const {
  const std::string& reason = error.value().reason;
  if (IsWrongToken(reason) && !Take()) {
    if (options_.count) options_.count(kTooManyFailures);
    return MakeError(Code::kResourceExhausted, kTooManyFailures,
                     "too many calls with wrong tokens");
  }
  if (options_.count) options_.count(reason);
  Log(error.value());
  return error;
}

bool Refusals::Take() const {
  const MutexLock lock(mutex_);
  const Clock::Monotonic now = options_.clock->NowMonotonic();
  const std::chrono::duration<double> passed = now - filled_;
  filled_ = now;
  left_ = std::min(options_.burst, left_ + passed.count() * options_.per_second);
  if (left_ < 1) return false;
  left_ -= 1;
  return true;
}

void Refusals::Log(const Error& error) const {
  {
    const MutexLock lock(mutex_);
    const Clock::Monotonic now = options_.clock->NowMonotonic();
    if (now - minute_ > std::chrono::minutes(1)) {
      minute_ = now;
      logged_ = 0;
    }
    if (++logged_ > kLinesAMinute) return;
  }
  spdlog::warn("refused={} {}", error.reason, error.message);
}

}  // namespace atelier::rpc
