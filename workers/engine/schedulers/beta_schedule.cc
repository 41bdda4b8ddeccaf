#include "engine/schedulers/beta_schedule.h"

#include <cfloat>
#include <cmath>
#include <limits>

#if defined(__FAST_MATH__)
#error "The noise schedule needs IEEE arithmetic: build without -ffast-math"
#endif
static_assert(std::numeric_limits<float>::is_iec559 && FLT_EVAL_METHOD == 0,
              "float must be rounded to 32 bits after every operation");

namespace atelier::engine {
namespace {

/// torch.linspace() as it is with AVX2 and AVX-512: from both ends to the middle, each number
/// rounded once.
std::vector<float> Linspace(float first, float last, int64_t count) {
  std::vector<float> values(static_cast<size_t>(count));
  const float step = (last - first) / static_cast<float>(count - 1);
  for (int64_t i = 0; i < count; ++i) {
    const bool lower = i < count / 2;
    values[static_cast<size_t>(i)] = lower
                                         ? std::fma(step, static_cast<float>(i), first)
                                         : std::fma(-step, static_cast<float>(count - 1 - i), last);
  }
  return values;
}

/// "Common Diffusion Noise Schedules and Sample Steps are Flawed", algorithm 1.
std::vector<float> RescaleToZeroSnr(const std::vector<float>& betas) {
  std::vector<float> roots = CumulativeAlphas(betas);
  for (float& root : roots) root = std::sqrt(root);
  const float first = roots.front(), last = roots.back();
  const float stretch = first / (first - last);
  std::vector<float> rescaled(betas.size());
  float before = 1.0f;
  for (size_t i = 0; i < roots.size(); ++i) {
    const float root = (roots[i] - last) * stretch;
    const float alpha_cumprod = root * root;
    rescaled[i] = 1.0f - alpha_cumprod / before;
    before = alpha_cumprod;
  }
  return rescaled;
}

}  // namespace

NoiseLevel LevelOf(float alpha_cumprod) {
  return {.signal = std::sqrt(alpha_cumprod), .noise = std::sqrt(1.0f - alpha_cumprod)};
}

std::vector<float> MakeBetas(const SchedulerConfig& config) {
  const int64_t count = config.num_train_timesteps;
  std::vector<float> betas;
  if (config.beta_schedule == "scaled_linear") {
    betas = Linspace(static_cast<float>(std::sqrt(config.beta_start)),
                     static_cast<float>(std::sqrt(config.beta_end)), count);
    for (float& beta : betas) beta *= beta;
  } else {
    betas =
        Linspace(static_cast<float>(config.beta_start), static_cast<float>(config.beta_end), count);
  }
  return config.rescale_betas_zero_snr ? RescaleToZeroSnr(betas) : betas;
}

std::vector<float> CumulativeAlphas(const std::vector<float>& betas) {
  std::vector<float> alphas(betas.size());
  double product = 1.0;
  for (size_t i = 0; i < betas.size(); ++i) {
    product *= static_cast<double>(1.0f - betas[i]);
    alphas[i] = static_cast<float>(product);
  }
  return alphas;
}

}  // namespace atelier::engine
