// Refusals: what becomes of calls whose callers are not known or may not call: counted by reason,
// told in the log a few times a minute, and slowed down when somebody guesses.
#pragma once

#include <functional>
#include <string>

#include "base/clock.h"
#include "base/mutex.h"
#include "base/result.h"

namespace atelier::rpc {

/// Reasons of refused calls; what the metric's label says.
inline constexpr char kNoCredentials[] = "NO_CREDENTIALS";
inline constexpr char kBadToken[] = "BAD_TOKEN";
inline constexpr char kTokenExpired[] = "TOKEN_EXPIRED";
inline constexpr char kTokenRevoked[] = "TOKEN_REVOKED";
inline constexpr char kNoRight[] = "NO_RIGHT";
inline constexpr char kOtherTenant[] = "OTHER_TENANT";
inline constexpr char kTooManyFailures[] = "TOO_MANY_FAILURES";

/// Thread-safe.
class Refusals {
 public:
  struct Options {
    /// Wrong tokens that may come at once, and how many more a second after that.
    double burst = 300;
    double per_second = 5;
    /// Called with the reason of each. May be empty.
    std::function<void(const std::string& reason)> count = {};
    const Clock* clock = &SystemClock();
  };

  explicit Refusals(Options options);

  /// `error`, counted. A wrong token, beyond what may come, is RESOURCE_EXHAUSTED
  /// (TOO_MANY_FAILURES) instead, so that a guesser does not even learn that the guess was wrong.
  /// Right tokens are never slowed down.
  Unexpected Refuse(const Unexpected& error) const;

 private:
  // Whether another wrong token may be answered.
  bool Take() const;
  void Log(const Error& error) const;

  const Options options_;
  mutable Mutex mutex_;
  mutable double left_ GUARDED_BY(mutex_);
  mutable Clock::Monotonic filled_ GUARDED_BY(mutex_);
  mutable Clock::Monotonic minute_ GUARDED_BY(mutex_);
  mutable int logged_ GUARDED_BY(mutex_) = 0;
};

}  // namespace atelier::rpc
