// Backoff: how long to wait before trying again. Delays double from `min` to `max`. Not
// thread-safe.
#pragma once

#include <chrono>
#include <cstdint>

#include "base/random.h"

namespace atelier {

struct BackoffOptions {
  std::chrono::milliseconds min{100};
  /// Raise it for large fleets; a peer that is back is noticed at most this late.
  std::chrono::milliseconds max{5000};
  /// Each delay is drawn between this share of the doubled one and the whole of it, so that many
  /// processes do not come back in step; 1 draws nothing. In (0, 1].
  double lowest_share = 0.5;
};

class Backoff {
 public:
  /// The seed decides what is drawn.
  explicit Backoff(const BackoffOptions& options, uint64_t seed = 0)
      : options_(options), random_(seed), ceiling_(options.min) {}

  std::chrono::milliseconds Next();
  /// After a success: the next failure starts from `min` again.
  void Reset() { ceiling_ = options_.min; }

 private:
  BackoffOptions options_;
  Random random_;
  std::chrono::milliseconds ceiling_;
};

}  // namespace atelier
