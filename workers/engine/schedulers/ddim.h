// DDIM (Song et al. 2021) without added noise, as diffusers computes it in float32, and the forward
// process that training needs.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "base/result.h"

namespace atelier::engine {

/// diffusers' scheduler_config.json; the defaults are MCLD's inference settings.
struct DdimConfig {
  int64_t num_train_timesteps = 1000;
  double beta_start = 0.00085;
  double beta_end = 0.012;
  /// "linear" or "scaled_linear".
  std::string beta_schedule = "linear";
  /// The last timestep is pure noise (Lin et al. 2024).
  bool rescale_betas_zero_snr = true;
  /// "v_prediction", "epsilon" or "sample".
  std::string prediction_type = "v_prediction";
  /// "trailing", "leading" or "linspace".
  std::string timestep_spacing = "trailing";
  /// Added to every timestep of "leading".
  int64_t steps_offset = 1;
  /// The step past the first timestep goes to a clean picture, not to timestep 0's noise.
  bool set_alpha_to_one = true;
  /// Clamps the predicted picture to -clip_sample_range..clip_sample_range.
  bool clip_sample = false;
  double clip_sample_range = 1.0;
};

/// Unknown keys are passed over (_class_name, trained_betas, ...).
Result<DdimConfig> ParseDdimConfig(const nlohmann::json& json);

/// Not thread-safe: SetTimesteps() is state.
class DdimScheduler {
 public:
  explicit DdimScheduler(const DdimConfig& config);

  /// REQUIRES: 1 <= steps <= num_train_timesteps.
  void SetTimesteps(int steps);
  /// From noise to picture; what the network is asked at each step.
  const std::vector<int64_t>& timesteps() const { return timesteps_; }

  /// One step from timestep `t` to the next of timesteps(): `sample` with less noise.
  at::Tensor Step(const at::Tensor& model_output, int64_t t, const at::Tensor& sample) const;
  /// The clean sample that `model_output` speaks of at timestep `t`.
  at::Tensor PredictOriginal(const at::Tensor& model_output, int64_t t,
                             const at::Tensor& sample) const;

  /// Training, with one timestep per row, `t` int64 [B]:
  /// sqrt(a) x0 + sqrt(1 - a) noise.
  at::Tensor AddNoise(const at::Tensor& x0, const at::Tensor& noise, const at::Tensor& t) const;
  /// The v of v-prediction: sqrt(a) noise - sqrt(1 - a) x0.
  at::Tensor Velocity(const at::Tensor& x0, const at::Tensor& noise, const at::Tensor& t) const;
  /// Signal to noise, a / (1 - a): [B].
  at::Tensor Snr(const at::Tensor& t) const;

  const DdimConfig& config() const { return config_; }
  const at::Tensor& betas() const { return betas_; }  // float32 [num_train_timesteps], CPU
  const at::Tensor& alphas_cumprod() const { return alphas_cumprod_; }
  /// What stands before timestep 0.
  float final_alpha_cumprod() const { return final_alpha_cumprod_; }
  int64_t PreviousTimestep(int64_t t) const;
  float AlphaAt(int64_t t) const;

 private:
  /// alphas_cumprod[t] as [B, 1, 1, ...] of like's rank, dtype and device.
  at::Tensor AlphasFor(const at::Tensor& t, const at::Tensor& like) const;

  DdimConfig config_;
  at::Tensor betas_;
  at::Tensor alphas_cumprod_;
  std::vector<float> alpha_values_;
  float final_alpha_cumprod_ = 1.0f;
  int64_t stride_ = 1;
  std::vector<int64_t> timesteps_;
};

}  // namespace atelier::engine
