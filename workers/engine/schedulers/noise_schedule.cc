#include "engine/schedulers/noise_schedule.h"

#include <ATen/ATen.h>

namespace atelier::engine {
namespace {

/// `table`, of the CPU, where `t` lives; copied there without waiting for the work queued on it.
at::Tensor Beside(const at::Tensor& t, const at::Tensor& table) {
  return table.to(t.device(), table.scalar_type(), /*non_blocking=*/true);
}

/// The value of each row of `t` in `table`, shaped to be multiplied with `like`.
at::Tensor RowValues(const at::Tensor& table, const at::Tensor& t, const at::Tensor& like) {
  std::vector<int64_t> shape(static_cast<size_t>(like.dim()), 1);
  shape[0] = t.size(0);
  // Indexed where `t` lives.
  return Beside(t, table).index_select(0, t).view(shape).to(like.device());
}

}  // namespace

NoiseSchedule::NoiseSchedule(const SchedulerConfig& config) : config_(config) {
  const std::vector<float> betas = MakeBetas(config);
  alpha_values_ = CumulativeAlphas(betas);
  std::vector<float> signal, noise;
  for (const float alpha : alpha_values_) {
    const NoiseLevel level = LevelOf(alpha);
    signal.push_back(static_cast<float>(level.signal));
    noise.push_back(static_cast<float>(level.noise));
  }
  betas_ = at::tensor(betas, at::kFloat);
  alphas_cumprod_ = at::tensor(alpha_values_, at::kFloat);
  signal_ = at::tensor(signal, at::kFloat);
  noise_ = at::tensor(noise, at::kFloat);
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

at::Tensor NoiseSchedule::PredictClampedOriginal(const at::Tensor& model_output, int64_t t,
                                                 const at::Tensor& sample) const {
  const at::Tensor original = PredictOriginal(model_output, t, sample);
  if (!config_.clip_sample) return original;
  return original.clamp(-config_.clip_sample_range, config_.clip_sample_range);
}

at::Tensor NoiseSchedule::AlphasFor(const at::Tensor& t, const at::Tensor& like) const {
  return RowValues(alphas_cumprod_, t, like);
}

at::Tensor NoiseSchedule::SignalFor(const at::Tensor& t, const at::Tensor& like) const {
  return RowValues(signal_, t, like);
}

at::Tensor NoiseSchedule::NoiseFor(const at::Tensor& t, const at::Tensor& like) const {
  return RowValues(noise_, t, like);
}

at::Tensor NoiseSchedule::AddNoise(const at::Tensor& x0, const at::Tensor& noise,
                                   const at::Tensor& t) const {
  return SignalFor(t, x0).to(x0.dtype()) * x0 + NoiseFor(t, x0).to(x0.dtype()) * noise;
}

at::Tensor NoiseSchedule::Velocity(const at::Tensor& x0, const at::Tensor& noise,
                                   const at::Tensor& t) const {
  return SignalFor(t, x0).to(x0.dtype()) * noise - NoiseFor(t, x0).to(x0.dtype()) * x0;
}

at::Tensor NoiseSchedule::Snr(const at::Tensor& t) const {
  const at::Tensor alpha = Beside(t, alphas_cumprod_).index_select(0, t);
  return alpha / (1.0 - alpha);
}

}  // namespace atelier::engine
