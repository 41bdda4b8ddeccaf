// Scheduler: turns the network's output at each timestep into a sample with less noise.
//
//   auto scheduler = MakeScheduler("dpmpp_2m", config);
//   (*scheduler)->SetTimesteps(20);
//   at::Tensor sample = noise;  // standard deviation 1, whichever the scheduler
//   for (int step = 0; step < 20; ++step)
//     sample = (*scheduler)->Step(network(sample, timesteps[step]), step, sample);
//
// "ddim" is what the published MCLD is sampled with. "dpmpp_2m" and "unipc" follow the same
// path with second-order steps: fewer of them for the same error, one network call each. "ddpm",
// FPDM's, adds noise at every step: the caller draws it (AddedNoise()).
//
// Not thread-safe, and one scheduler drives one batch at a time: the second-order ones remember
// the steps before.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/schedulers/scheduler_config.h"

namespace atelier::engine {

class Scheduler {
 public:
  virtual ~Scheduler() = default;

  /// More would ask the network twice at one timestep.
  virtual int max_steps() const = 0;
  /// Begins a run: forgets every step before. REQUIRES: 1 <= steps <= max_steps().
  virtual void SetTimesteps(int steps) = 0;
  /// From noise to picture; what the network is called with at each step.
  virtual const std::vector<int64_t>& timesteps() const = 0;

  /// `sample` [B, ...] float32 with less noise: from timesteps()[step] to the next. Steps are taken
  /// in order; step 0 begins anew.
  virtual at::Tensor Step(const at::Tensor& model_output, int step, const at::Tensor& sample) = 0;
  /// The clean sample that `model_output` predicts at timesteps()[step].
  virtual at::Tensor PredictOriginal(const at::Tensor& model_output, int step,
                                     const at::Tensor& sample) const = 0;
  /// Standard deviation of the fresh noise that belongs to what Step(step) returned; 0: none.
  virtual double AddedNoise(int /*step*/) const { return 0; }
};

/// Every name MakeScheduler() takes; the first is the default.
const std::vector<std::string>& SchedulerNames();

/// INVALID_ARGUMENT names the schedulers there are.
Result<std::unique_ptr<Scheduler>> MakeScheduler(const std::string& name,
                                                 const SchedulerConfig& config);

}  // namespace atelier::engine
