#include "engine/schedulers/ddim.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

#include "engine/weights/json_reader.h"

namespace atelier::engine {
namespace {

at::Tensor MakeBetas(const DdimConfig& config) {
  const int64_t count = config.num_train_timesteps;
  if (config.beta_schedule == "scaled_linear") {
    return at::linspace(std::sqrt(config.beta_start), std::sqrt(config.beta_end), count, at::kFloat)
        .square();
  }
  return at::linspace(config.beta_start, config.beta_end, count, at::kFloat);
}

/// "Common Diffusion Noise Schedules and Sample Steps are Flawed", algorithm 1.
at::Tensor RescaleToZeroSnr(const at::Tensor& betas) {
  at::Tensor root = at::cumprod(1.0 - betas, 0).sqrt();
  const at::Tensor first = root[0].clone(), last = root[-1].clone();
  root = (root - last) * (first / (first - last));
  const at::Tensor bar = root.square();
  const int64_t count = bar.size(0);
  const at::Tensor alphas =
      at::cat({bar.slice(0, 0, 1), bar.slice(0, 1, count) / bar.slice(0, 0, count - 1)});
  return 1.0 - alphas;
}

}  // namespace

Result<DdimConfig> ParseDdimConfig(const nlohmann::json& json) {
  DdimConfig config;
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

DdimScheduler::DdimScheduler(const DdimConfig& config) : config_(config) {
  const at::NoGradGuard no_grad;
  betas_ = MakeBetas(config);
  if (config.rescale_betas_zero_snr) betas_ = RescaleToZeroSnr(betas_);
  alphas_cumprod_ = at::cumprod(1.0 - betas_, 0).contiguous();
  const float* values = alphas_cumprod_.const_data_ptr<float>();
  alpha_values_.assign(values, values + alphas_cumprod_.numel());
  final_alpha_cumprod_ = config.set_alpha_to_one ? 1.0f : alpha_values_[0];
  SetTimesteps(std::min<int>(20, static_cast<int>(config.num_train_timesteps)));
}

void DdimScheduler::SetTimesteps(int steps) {
  const int64_t train = config_.num_train_timesteps;
  stride_ = train / steps;
  timesteps_.assign(steps, 0);
  for (int i = 0; i < steps; ++i) {
    // nearbyint rounds halves to even, as numpy does.
    if (config_.timestep_spacing == "trailing") {
      const double ratio = static_cast<double>(train) / steps;
      const double position = static_cast<double>(train) - i * ratio;
      timesteps_[i] = static_cast<int64_t>(std::nearbyint(position)) - 1;
    } else if (config_.timestep_spacing == "leading") {
      const int64_t t = (steps - 1 - i) * stride_ + config_.steps_offset;
      timesteps_[i] = std::min(t, train - 1);
    } else {
      const double span = steps == 1 ? 0.0 : static_cast<double>(train - 1) / (steps - 1);
      timesteps_[i] = static_cast<int64_t>(std::nearbyint((steps - 1 - i) * span));
    }
  }
}

int64_t DdimScheduler::PreviousTimestep(int64_t t) const { return t - stride_; }

float DdimScheduler::AlphaAt(int64_t t) const {
  return t < 0 ? final_alpha_cumprod_ : alpha_values_[static_cast<size_t>(t)];
}

at::Tensor DdimScheduler::PredictOriginal(const at::Tensor& model_output, int64_t t,
                                          const at::Tensor& sample) const {
  const float alpha = AlphaAt(t);
  const float signal = std::sqrt(alpha), noise = std::sqrt(1.0f - alpha);
  at::Tensor original = model_output;
  if (config_.prediction_type == "v_prediction") {
    original = signal * sample - noise * model_output;
  } else if (config_.prediction_type == "epsilon") {
    original = (sample - noise * model_output) / signal;
  }
  if (!config_.clip_sample) return original;
  return original.clamp(-config_.clip_sample_range, config_.clip_sample_range);
}

at::Tensor DdimScheduler::Step(const at::Tensor& model_output, int64_t t,
                               const at::Tensor& sample) const {
  const float alpha = AlphaAt(t), next_alpha = AlphaAt(PreviousTimestep(t));
  const float signal = std::sqrt(alpha), noise = std::sqrt(1.0f - alpha);
  const at::Tensor original = PredictOriginal(model_output, t, sample);
  at::Tensor epsilon = model_output;
  if (config_.prediction_type == "v_prediction") {
    epsilon = signal * model_output + noise * sample;
  } else if (config_.prediction_type == "sample") {
    epsilon = (sample - signal * original) / noise;
  }
  return std::sqrt(next_alpha) * original + std::sqrt(1.0f - next_alpha) * epsilon;
}

at::Tensor DdimScheduler::AlphasFor(const at::Tensor& t, const at::Tensor& like) const {
  std::vector<int64_t> shape(static_cast<size_t>(like.dim()), 1);
  shape[0] = t.size(0);
  // Indexed where `t` lives; square roots are taken in float32 whatever `like` is.
  return alphas_cumprod_.to(t.device()).index_select(0, t).view(shape).to(like.device());
}

at::Tensor DdimScheduler::AddNoise(const at::Tensor& x0, const at::Tensor& noise,
                                   const at::Tensor& t) const {
  const at::Tensor alpha = AlphasFor(t, x0);
  return alpha.sqrt().to(x0.dtype()) * x0 + (1.0 - alpha).sqrt().to(x0.dtype()) * noise;
}

at::Tensor DdimScheduler::Velocity(const at::Tensor& x0, const at::Tensor& noise,
                                   const at::Tensor& t) const {
  const at::Tensor alpha = AlphasFor(t, x0);
  return alpha.sqrt().to(x0.dtype()) * noise - (1.0 - alpha).sqrt().to(x0.dtype()) * x0;
}

at::Tensor DdimScheduler::Snr(const at::Tensor& t) const {
  const at::Tensor alpha = alphas_cumprod_.to(t.device()).index_select(0, t);
  return alpha / (1.0 - alpha);
}

}  // namespace atelier::engine
