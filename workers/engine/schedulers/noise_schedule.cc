#include "engine/schedulers/noise_schedule.h"

#include <ATen/ATen.h>

#include <cmath>

namespace atelier::engine {
namespace {

at::Tensor MakeBetas(const SchedulerConfig& config) {
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

NoiseLevel LevelOf(float alpha_cumprod) {
  return {.signal = std::sqrt(alpha_cumprod), .noise = std::sqrt(1.0f - alpha_cumprod)};
}

NoiseSchedule::NoiseSchedule(const SchedulerConfig& config) : config_(config) {
  const at::NoGradGuard no_grad;
  betas_ = MakeBetas(config);
  if (config.rescale_betas_zero_snr) betas_ = RescaleToZeroSnr(betas_);
  alphas_cumprod_ = at::cumprod(1.0 - betas_, 0).contiguous();
  const float* values = alphas_cumprod_.const_data_ptr<float>();
  alpha_values_.assign(values, values + alphas_cumprod_.numel());
}

at::Tensor NoiseSchedule::PredictOriginal(const at::Tensor& model_output, const NoiseLevel& level,
                                          const at::Tensor& sample) const {
  if (config_.prediction_type == "v_prediction")
    return level.signal * sample - level.noise * model_output;
  if (config_.prediction_type == "epsilon")
    return (sample - level.noise * model_output) / level.signal;
  return model_output;
}

at::Tensor NoiseSchedule::PredictOriginal(const at::Tensor& model_output, int64_t t,
                                          const at::Tensor& sample) const {
  return PredictOriginal(model_output, LevelOf(alpha_cumprod(t)), sample);
}

at::Tensor NoiseSchedule::AlphasFor(const at::Tensor& t, const at::Tensor& like) const {
  std::vector<int64_t> shape(static_cast<size_t>(like.dim()), 1);
  shape[0] = t.size(0);
  // Indexed where `t` lives; square roots are taken in float32 whatever `like` is.
  return alphas_cumprod_.to(t.device()).index_select(0, t).view(shape).to(like.device());
}

at::Tensor NoiseSchedule::AddNoise(const at::Tensor& x0, const at::Tensor& noise,
                                   const at::Tensor& t) const {
  const at::Tensor alpha = AlphasFor(t, x0);
  return alpha.sqrt().to(x0.dtype()) * x0 + (1.0 - alpha).sqrt().to(x0.dtype()) * noise;
}

at::Tensor NoiseSchedule::Velocity(const at::Tensor& x0, const at::Tensor& noise,
                                   const at::Tensor& t) const {
  const at::Tensor alpha = AlphasFor(t, x0);
  return alpha.sqrt().to(x0.dtype()) * noise - (1.0 - alpha).sqrt().to(x0.dtype()) * x0;
}

at::Tensor NoiseSchedule::Snr(const at::Tensor& t) const {
  const at::Tensor alpha = alphas_cumprod_.to(t.device()).index_select(0, t);
  return alpha / (1.0 - alpha);
}

}  // namespace atelier::engine
