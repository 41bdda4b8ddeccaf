// The noise that a model was trained with: how much of a picture and how much noise a sample holds
// at each timestep. One definition for every scheduler and for the trainer.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "engine/schedulers/beta_schedule.h"
#include "engine/schedulers/scheduler_config.h"

namespace atelier::engine {

/// Immutable: may be read from many threads.
class NoiseSchedule {
 public:
  explicit NoiseSchedule(const SchedulerConfig& config);

  const SchedulerConfig& config() const { return config_; }
  const at::Tensor& betas() const { return betas_; }  // float32 [num_train_timesteps], CPU
  const at::Tensor& alphas_cumprod() const { return alphas_cumprod_; }
  float alpha_cumprod(int64_t t) const { return alpha_values_[static_cast<size_t>(t)]; }

  /// The clean original of `sample` that `model_output` predicts, by the model's prediction type.
  at::Tensor PredictOriginal(const at::Tensor& model_output, const NoiseLevel& level,
                             const at::Tensor& sample) const;
  at::Tensor PredictOriginal(const at::Tensor& model_output, int64_t t,
                             const at::Tensor& sample) const;

  /// The same, clamped where the config says so (clip_sample).
  at::Tensor PredictClampedOriginal(const at::Tensor& model_output, int64_t t,
                                    const at::Tensor& sample) const;

  /// Training, with one timestep per row, `t` int64 [B]:
  /// sqrt(a) x0 + sqrt(1 - a) noise.
  at::Tensor AddNoise(const at::Tensor& x0, const at::Tensor& noise, const at::Tensor& t) const;
  /// The v of v-prediction: sqrt(a) noise - sqrt(1 - a) x0.
  at::Tensor Velocity(const at::Tensor& x0, const at::Tensor& noise, const at::Tensor& t) const;
  /// Signal to noise, a / (1 - a): [B].
  at::Tensor Snr(const at::Tensor& t) const;

  /// One number per row, float32 [B, 1, 1, ...] of like's rank and device: alphas_cumprod[t], and
  /// LevelOf() it.
  at::Tensor AlphasFor(const at::Tensor& t, const at::Tensor& like) const;
  at::Tensor SignalFor(const at::Tensor& t, const at::Tensor& like) const;
  at::Tensor NoiseFor(const at::Tensor& t, const at::Tensor& like) const;

 private:
  SchedulerConfig config_;
  std::vector<float> alpha_values_;
  at::Tensor betas_;
  at::Tensor alphas_cumprod_;
  // LevelOf() every timestep: a tensor's own square root is not the same on every processor.
  at::Tensor signal_;
  at::Tensor noise_;
};

}  // namespace atelier::engine
