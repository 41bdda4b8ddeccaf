// DDIM (Song et al. 2021) without added noise, as diffusers computes it in float32.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "engine/schedulers/noise_schedule.h"
#include "engine/schedulers/scheduler.h"

namespace atelier::engine {

class DdimScheduler final : public Scheduler {
 public:
  explicit DdimScheduler(const SchedulerConfig& config);

  int max_steps() const override;
  void SetTimesteps(int steps) override;
  const std::vector<int64_t>& timesteps() const override { return timesteps_; }
  at::Tensor Step(const at::Tensor& model_output, int step, const at::Tensor& sample) override;
  at::Tensor PredictOriginal(const at::Tensor& model_output, int step,
                             const at::Tensor& sample) const override;

  const NoiseSchedule& schedule() const { return schedule_; }
  /// Where the step from `t` leads: a whole stride below, whatever the spacing; below 0 is the end.
  int64_t PreviousTimestep(int64_t t) const;
  /// Cumulative alpha at `t`, or what stands before timestep 0.
  float AlphaAt(int64_t t) const;

 private:
  NoiseSchedule schedule_;
  int64_t stride_ = 1;
  std::vector<int64_t> timesteps_;
};

}  // namespace atelier::engine
