// Learning-rate schedule: linear warm-up, then cosine to zero at the end of the run.
#pragma once

#include <cstdint>

namespace atelier::engine {

struct LearningRate {
  double peak = 3e-4;
  int64_t warmup_steps = 200;

  /// Rate at `step` (from 0) when `done` (0..1) of the run's budget is spent.
  double At(int64_t step, double done) const;
};

}  // namespace atelier::engine
