#include "engine/schedulers/ddpm.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

namespace atelier::engine {
namespace {

/// diffusers' floor of the variance, so that its logarithm exists.
constexpr double kLeastVariance = 1e-20;

}  // namespace

DdpmScheduler::DdpmScheduler(const SchedulerConfig& config) : schedule_(config) {
  SetTimesteps(std::min(20, max_steps()));
}

int DdpmScheduler::max_steps() const {
  return static_cast<int>(schedule_.config().num_train_timesteps);
}

void DdpmScheduler::SetTimesteps(int steps) {
  stride_ = schedule_.config().num_train_timesteps / steps;
  timesteps_ = SpacedTimesteps(schedule_.config(), steps);
}

DdpmScheduler::Alphas DdpmScheduler::AlphasAt(int step) const {
  const int64_t t = timesteps_[static_cast<size_t>(step)], next = t - stride_;
  return {.now = schedule_.alpha_cumprod(t),
          .next = next >= 0 ? static_cast<double>(schedule_.alpha_cumprod(next)) : 1.0};
}

at::Tensor DdpmScheduler::PredictOriginal(const at::Tensor& model_output, int step,
                                          const at::Tensor& sample) const {
  return schedule_.PredictClampedOriginal(model_output, timesteps_[static_cast<size_t>(step)],
                                          sample);
}

at::Tensor DdpmScheduler::Step(const at::Tensor& model_output, int step, const at::Tensor& sample) {
  // Equation 7 of the paper, with the alpha of the whole stride in place of one timestep's.
  const auto [now, next] = AlphasAt(step);
  const double stride_alpha = now / next;
  const double of_original = std::sqrt(next) * (1 - stride_alpha) / (1 - now);
  const double of_sample = std::sqrt(stride_alpha) * (1 - next) / (1 - now);
  return of_original * PredictOriginal(model_output, step, sample) + of_sample * sample;
}

double DdpmScheduler::AddedNoise(int step) const {
  if (timesteps_[static_cast<size_t>(step)] == 0) return 0;
  const auto [now, next] = AlphasAt(step);
  const double variance = (1 - next) / (1 - now) * (1 - now / next);
  return std::sqrt(std::max(variance, kLeastVariance));
}

}  // namespace atelier::engine
