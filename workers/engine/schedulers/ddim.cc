#include "engine/schedulers/ddim.h"

#include <ATen/ATen.h>

#include <algorithm>

namespace atelier::engine {

DdimScheduler::DdimScheduler(const SchedulerConfig& config) : schedule_(config) {
  SetTimesteps(std::min(20, max_steps()));
}

int DdimScheduler::max_steps() const {
  return static_cast<int>(schedule_.config().num_train_timesteps);
}

void DdimScheduler::SetTimesteps(int steps) {
  stride_ = schedule_.config().num_train_timesteps / steps;
  timesteps_ = SpacedTimesteps(schedule_.config(), steps);
}

int64_t DdimScheduler::PreviousTimestep(int64_t t) const { return t - stride_; }

float DdimScheduler::AlphaAt(int64_t t) const {
  if (t >= 0) return schedule_.alpha_cumprod(t);
  return schedule_.config().set_alpha_to_one ? 1.0f : schedule_.alpha_cumprod(0);
}

at::Tensor DdimScheduler::PredictOriginal(const at::Tensor& model_output, int step,
                                          const at::Tensor& sample) const {
  return schedule_.PredictClampedOriginal(model_output, timesteps_[static_cast<size_t>(step)],
                                          sample);
}

at::Tensor DdimScheduler::Step(const at::Tensor& model_output, int step, const at::Tensor& sample) {
  const int64_t t = timesteps_[static_cast<size_t>(step)];
  const NoiseLevel now = LevelOf(AlphaAt(t)), next = LevelOf(AlphaAt(PreviousTimestep(t)));
  const std::string& type = schedule_.config().prediction_type;
  // The noise is read from the prediction as it is, before any clamp.
  at::Tensor epsilon = model_output;
  if (type == "v_prediction") {
    epsilon = now.signal * model_output + now.noise * sample;
  } else if (type == "sample") {
    epsilon = (sample - now.signal * model_output) / now.noise;
  }
  return next.signal * PredictOriginal(model_output, step, sample) + next.noise * epsilon;
}

}  // namespace atelier::engine
