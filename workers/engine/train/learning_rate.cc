#include "engine/train/learning_rate.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace atelier::engine {

double LearningRate::At(int64_t step, double done) const {
  const double warmup = std::min(1.0, (step + 1.0) / std::max<int64_t>(1, warmup_steps));
  const double cosine = 0.5 * (1.0 + std::cos(std::numbers::pi * std::clamp(done, 0.0, 1.0)));
  return peak * warmup * cosine;
}

}  // namespace atelier::engine
