#include "base/backoff.h"

#include <algorithm>

namespace atelier {

std::chrono::milliseconds Backoff::Next() {
  const std::chrono::milliseconds ceiling = std::min(ceiling_, options_.max);
  const double share = random_.Uniform(options_.lowest_share, 1.0);
  ceiling_ = std::min(ceiling * 2, options_.max);
  return std::chrono::milliseconds(
      static_cast<int64_t>(static_cast<double>(ceiling.count()) * share));
}

}  // namespace atelier
