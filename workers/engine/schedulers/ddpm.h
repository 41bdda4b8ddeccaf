// Ancestral sampling of DDPM (Ho et al. 2020) over spaced timesteps, as diffusers' DDPMScheduler
// computes it in float32 with variance_type "fixed_small": what FPDM is sampled with. Every step
// adds noise, so that it needs more steps than the others for the same picture.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "engine/schedulers/noise_schedule.h"
#include "engine/schedulers/scheduler.h"

namespace atelier::engine {

class DdpmScheduler final : public Scheduler {
 public:
  explicit DdpmScheduler(const SchedulerConfig& config);

  int max_steps() const override;
  void SetTimesteps(int steps) override;
  const std::vector<int64_t>& timesteps() const override { return timesteps_; }
  /// The mean of the next sample's distribution.
  at::Tensor Step(const at::Tensor& model_output, int step, const at::Tensor& sample) override;
  at::Tensor PredictOriginal(const at::Tensor& model_output, int step,
                             const at::Tensor& sample) const override;
  /// Root of the posterior variance; at least 1e-10, as published, but for timestep 0's 0.
  double AddedNoise(int step) const override;

 private:
  /// Cumulative alphas where a step begins and where it leads; 1 past the last timestep.
  struct Alphas {
    double now = 1;
    double next = 1;
  };
  Alphas AlphasAt(int step) const;

  NoiseSchedule schedule_;
  int64_t stride_ = 1;
  std::vector<int64_t> timesteps_;
};

}  // namespace atelier::engine
