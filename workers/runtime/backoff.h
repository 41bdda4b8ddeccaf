// Backoff: how long to wait before trying again. Doubles from `min` to `max`; each delay is drawn
// from its upper half, so that a fleet of workers does not come back in step. Not thread-safe.
#pragma once

#include <chrono>

#include "base/random.h"

namespace atelier::runtime {

struct BackoffOptions {
  std::chrono::milliseconds min{100};
  /// Raise it for large fleets; a restarted server is noticed at most this late.
  std::chrono::milliseconds max{5000};
};

class Backoff {
 public:
  Backoff(const BackoffOptions& options, uint64_t seed)
      : options_(options), random_(seed), ceiling_(options.min) {}

  std::chrono::milliseconds Next();
  /// After a success: the next failure starts from `min` again.
  void Reset() { ceiling_ = options_.min; }

 private:
  const BackoffOptions options_;
  Random random_;
  std::chrono::milliseconds ceiling_;
};

}  // namespace atelier::runtime
