#include "engine/schedulers/scheduler_config.h"

#include <algorithm>
#include <cmath>

#include "engine/weights/json_reader.h"

namespace atelier::engine {

Result<SchedulerConfig> ParseSchedulerConfig(const nlohmann::json& json) {
  SchedulerConfig config;
  JsonReader reader(json, "scheduler");
  reader.Optional("num_train_timesteps", config.num_train_timesteps, 2, 100000);
  reader.Optional("beta_start", config.beta_start, 0.0, 0.999);
  reader.Optional("beta_end", config.beta_end, 0.0, 0.999);
  reader.Optional("beta_schedule", config.beta_schedule, {"linear", "scaled_linear"});
  reader.Optional("rescale_betas_zero_snr", config.rescale_betas_zero_snr);
  reader.Optional("prediction_type", config.prediction_type, {"v_prediction", "epsilon", "sample"});
  reader.Optional("timestep_spacing", config.timestep_spacing, {"trailing", "leading", "linspace"});
  reader.Optional("steps_offset", config.steps_offset, 0, 1000);
  reader.Optional("set_alpha_to_one", config.set_alpha_to_one);
  reader.Optional("clip_sample", config.clip_sample);
  reader.Optional("clip_sample_range", config.clip_sample_range, 0.0, 1000.0);
  if (config.rescale_betas_zero_snr && config.prediction_type == "epsilon") {
    reader.Refuse("rescale_betas_zero_snr",
                  "false with epsilon prediction, which says nothing at zero signal", "true");
  }
  ATELIER_RETURN_IF_ERROR(reader.Finish());
  return config;
}

std::vector<int64_t> SpacedTimesteps(const SchedulerConfig& config, int steps) {
  const int64_t train = config.num_train_timesteps;
  const int64_t stride = train / steps;
  const double whole = static_cast<double>(train);
  // numpy.arange() adds multiples of the difference of its first two numbers, rounding included;
  // nearbyint() rounds halves to even as numpy does.
  const double delta = (whole - whole / steps) - whole;
  const double span = steps == 1 ? 0.0 : static_cast<double>(train - 1) / (steps - 1);
  std::vector<int64_t> timesteps(static_cast<size_t>(steps));
  for (int i = 0; i < steps; ++i) {
    int64_t t = 0;
    if (config.timestep_spacing == "trailing") {
      t = static_cast<int64_t>(std::nearbyint(whole + i * delta)) - 1;
    } else if (config.timestep_spacing == "leading") {
      t = (steps - 1 - i) * stride + config.steps_offset;
    } else {
      t = static_cast<int64_t>(std::nearbyint((steps - 1 - i) * span));
    }
    timesteps[static_cast<size_t>(i)] = std::clamp<int64_t>(t, 0, train - 1);
  }
  return timesteps;
}

}  // namespace atelier::engine
