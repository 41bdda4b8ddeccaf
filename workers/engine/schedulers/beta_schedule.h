// Betas and cumulative alphas as plain numbers, the same bits on every machine.
//
// With zero terminal SNR the last betas depend on differences of nearly equal roots: a tensor
// library whose square root or linspace() differs in the last bit from one processor to the next
// gives betas that differ by 3e-6 and samples that differ by 7e-5. So every number here is one IEEE
// operation (+ - * / fma and the square root are rounded correctly everywhere), float32 where the
// published code has float32, in the order of the loops: the bits that the published code has
// where its vectors fuse (AVX2) and its square root is rounded correctly. There is no pow, exp or
// log, which each C library rounds its own way, and the compiler may not fuse a product and a sum
// by itself (CMakeLists.txt of this folder).
#pragma once

#include <vector>

#include "engine/schedulers/scheduler_config.h"

namespace atelier::engine {

/// sample = signal * original + noise * epsilon, and signal^2 + noise^2 = 1.
struct NoiseLevel {
  double signal = 1;
  double noise = 0;
};

/// The roots of `alpha_cumprod` and of what it lacks to one, taken in float32 as diffusers does.
NoiseLevel LevelOf(float alpha_cumprod);

/// config.num_train_timesteps betas, rescaled to zero terminal SNR where the config says so.
std::vector<float> MakeBetas(const SchedulerConfig& config);

/// Products of 1 - beta up to every timestep: summed up in float64 and rounded one by one, as
/// torch.cumprod() does.
std::vector<float> CumulativeAlphas(const std::vector<float>& betas);

}  // namespace atelier::engine
