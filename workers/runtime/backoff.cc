#include "runtime/backoff.h"

#include <algorithm>

namespace atelier::runtime {

std::chrono::milliseconds Backoff::Next() {
  const double drawn = static_cast<double>(ceiling_.count()) * random_.Uniform(0.5, 1.0);
  ceiling_ = std::min(ceiling_ * 2, options_.max);
  return std::chrono::milliseconds(static_cast<int64_t>(drawn));
}

}  // namespace atelier::runtime
