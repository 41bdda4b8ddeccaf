// The noise that a model was trained with: how much of a picture and how much noise a sample holds
// at each timestep. One definition for every scheduler and for the trainer.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "base/result.h"
#include "engine/schedulers/scheduler_config.h"

namespace atelier::engine {

/// sample = signal * original + noise * epsilon, and signal^2 + noise^2 = 1.
struct NoiseLevel {
  double signal = 1;
  double noise = 0;
};

/// Immutable: may be read from many threads.
class NoiseSchedule {
 public:
  explicit NoiseSchedule(const SchedulerConfig& config);

  const SchedulerConfig& config() const { return config_; }
  const at::Tensor& betas() const { return betas_; }  // float32 [num_train_timesteps], CPU
  const at::Tensor& alphas_cumprod() const { return alphas_cumprod_; }
  float alpha_cumprod(int64_t t) const { return alpha_values_[static_cast<size_t>(t)]; }

  /// What `model_output` says of `sample`'s clean original, by the model's prediction type.
  at::Tensor PredictOriginal(const at::Tensor& model_output, const NoiseLevel& level,
                             const at::Tensor& sample) const;
  at::Tensor PredictOriginal(const at::Tensor& model_output, int64_t t,
                             const at::Tensor& sample) const;

  /// Training, with one timestep per row, `t` int64 [B]:
  /// sqrt(a) x0 + sqrt(1 - a) noise.
  at::Tensor AddNoise(const at::Tensor& x0, const at::Tensor& noise, const at::Tensor& t) const;
  /// The v of v-prediction: sqrt(a) noise - sqrt(1 - a) x0.
  at::Tensor Velocity(const at::Tensor& x0, const at::Tensor& noise, const at::Tensor& t) const;
  /// Signal to noise, a / (1 - a): [B].
  at::Tensor Snr(const at::Tensor& t) const;
  /// alphas_cumprod[t], float32 [B, 1, 1, ...] of like's rank and device.
  at::Tensor AlphasFor(const at::Tensor& t, const at::Tensor& like) const;

 private:
  SchedulerConfig config_;
  at::Tensor betas_;
  at::Tensor alphas_cumprod_;
  std::vector<float> alpha_values_;
};

/// The roots of `alpha_cumprod` and of what it lacks to one, taken in float32 as diffusers does.
NoiseLevel LevelOf(float alpha_cumprod);

}  // namespace atelier::engine
