// What a model's noise schedule and network are, in the words of diffusers' scheduler_config.json.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "base/result.h"

namespace atelier::engine {

/// The defaults are MCLD's inference settings.
struct SchedulerConfig {
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
  /// DDIM alone: the step past the first timestep goes to a clean picture, not to timestep 0's
  /// noise. The others always end in a clean picture.
  bool set_alpha_to_one = true;
  /// DDIM alone, as in diffusers: clamps the predicted picture to
  /// -clip_sample_range..clip_sample_range.
  bool clip_sample = false;
  double clip_sample_range = 1.0;
};

/// Unknown keys are passed over (_class_name, trained_betas, ...).
Result<SchedulerConfig> ParseSchedulerConfig(const nlohmann::json& json);

/// `steps` timesteps from noise to picture, spaced as the configuration says and numpy rounds;
/// never outside of the schedule. REQUIRES: 1 <= steps <= num_train_timesteps.
std::vector<int64_t> SpacedTimesteps(const SchedulerConfig& config, int steps);

}  // namespace atelier::engine
