// DPM-Solver++(2M) (Lu et al. 2022) and UniPC (Zhao et al. 2023), both of second order on the
// predicted picture, as diffusers' DPMSolverMultistepScheduler (algorithm_type dpmsolver++,
// midpoint, lower_order_final, final_sigmas_type zero) and UniPCMultistepScheduler (bh2,
// predict_x0) compute them. The first and the last step are of first order.
//
// UniPC's predictor is DPM-Solver++(2M)'s step; before each step but the first it also corrects
// the sample that it is given by the network's output for it.
//
// With zero terminal SNR the last timestep holds no signal and the ratio of noise to signal would
// be infinite. As in diffusers the cumulative alpha there counts as 2^-24 instead of 0, so one step
// of these two differs from DDIM's by 2^-12 of the noise.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "engine/schedulers/noise_schedule.h"
#include "engine/schedulers/scheduler.h"

namespace atelier::engine {

class MultistepScheduler final : public Scheduler {
 public:
  enum class Corrector {
    kNone,  // DPM-Solver++(2M)
    kUniC,  // UniPC
  };

  MultistepScheduler(const SchedulerConfig& config, Corrector corrector);

  int max_steps() const override;
  void SetTimesteps(int steps) override;
  const std::vector<int64_t>& timesteps() const override { return timesteps_; }
  at::Tensor Step(const at::Tensor& model_output, int step, const at::Tensor& sample) override;
  at::Tensor PredictOriginal(const at::Tensor& model_output, int step,
                             const at::Tensor& sample) const override;

 private:
  struct Node {
    NoiseLevel level;
    double half_log_snr = 0;  // the papers' lambda: log(signal / noise)
  };

  /// Of the papers' coefficients, those of the step from nodes_[from] to nodes_[from + 1].
  struct Stride {
    double keep = 0;   // of the sample
    double phi = 0;    // signal (exp(-h) - 1), h the way in half log SNR; never above 0
    double h = 0;      // 0 where two timesteps are one
    double ratio = 0;  // the way before / h, below 0; 0: first order
  };

  void Forget();
  Stride StrideFrom(int from) const;
  at::Tensor Correct(int step, const at::Tensor& original, const at::Tensor& sample) const;
  at::Tensor Predict(int step, const at::Tensor& sample) const;

  NoiseSchedule schedule_;
  Corrector corrector_;
  std::vector<int64_t> timesteps_;
  std::vector<Node> nodes_;  // one per timestep
  // The batch's memory, undefined at first: predicted pictures of the last step and of the one
  // before, and the (corrected) sample that the last step began with.
  at::Tensor original_, earlier_original_, last_sample_;
};

}  // namespace atelier::engine
