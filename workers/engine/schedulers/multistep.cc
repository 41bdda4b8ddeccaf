#include "engine/schedulers/multistep.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

namespace atelier::engine {
namespace {

/// Float16's smallest number, as diffusers has it: stands for no signal at all.
constexpr float kSmallestAlpha = 0x1p-24f;

}  // namespace

MultistepScheduler::MultistepScheduler(const SchedulerConfig& config, Corrector corrector)
    : schedule_(config), corrector_(corrector) {
  SetTimesteps(std::min(20, max_steps()));
}

int MultistepScheduler::max_steps() const {
  const auto train = static_cast<int>(schedule_.config().num_train_timesteps);
  return schedule_.config().timestep_spacing == "trailing" ? train : train - 1;
}

void MultistepScheduler::SetTimesteps(int steps) {
  Forget();
  if (schedule_.config().timestep_spacing == "trailing") {
    timesteps_ = SpacedTimesteps(schedule_.config(), steps);
  } else {
    // The clean end takes a place of its own among these spacings.
    timesteps_ = SpacedTimesteps(schedule_.config(), steps + 1);
    timesteps_.pop_back();
  }
  nodes_.clear();
  for (const int64_t t : timesteps_) {
    const double alpha = std::max(schedule_.alpha_cumprod(t), kSmallestAlpha);
    const NoiseLevel level{.signal = std::sqrt(alpha), .noise = std::sqrt(1.0 - alpha)};
    nodes_.push_back({.level = level, .half_log_snr = std::log(level.signal / level.noise)});
  }
}

void MultistepScheduler::Forget() { original_ = earlier_original_ = last_sample_ = at::Tensor(); }

at::Tensor MultistepScheduler::PredictOriginal(const at::Tensor& model_output, int step,
                                               const at::Tensor& sample) const {
  return schedule_.PredictOriginal(model_output, nodes_[static_cast<size_t>(step)].level, sample);
}

MultistepScheduler::Stride MultistepScheduler::StrideFrom(int from) const {
  const auto at = static_cast<size_t>(from);
  const Node &now = nodes_[at], &next = nodes_[at + 1];
  Stride stride;
  stride.h = next.half_log_snr - now.half_log_snr;
  stride.keep = next.level.noise / now.level.noise;
  stride.phi = next.level.signal * std::expm1(-stride.h);
  if (from > 0 && stride.h > 0)
    stride.ratio = (nodes_[at - 1].half_log_snr - now.half_log_snr) / stride.h;
  return stride;
}

at::Tensor MultistepScheduler::Predict(int step, const at::Tensor& sample) const {
  // The clean end is infinitely far: nothing of the sample is left.
  if (step + 1 == static_cast<int>(timesteps_.size())) return original_;
  const Stride stride = StrideFrom(step);
  const at::Tensor next = stride.keep * sample - stride.phi * original_;
  if (stride.ratio == 0) return next;
  return next - (0.5 * stride.phi / stride.ratio) * (earlier_original_ - original_);
}

at::Tensor MultistepScheduler::Correct(int step, const at::Tensor& original,
                                       const at::Tensor& sample) const {
  // The last step once more, now that its end is known: UniC, "B(h)" variant 2.
  const Stride stride = StrideFrom(step - 1);
  if (stride.h == 0) return sample;
  const at::Tensor next = stride.keep * last_sample_ - stride.phi * original_;
  const at::Tensor change = original - original_;
  if (stride.ratio == 0) return next - 0.5 * stride.phi * change;
  // The two weights solve w0 + w1 = b0 and ratio w0 + w1 = b1 (diffusers: R rho = b).
  const double expm1_h = std::expm1(-stride.h);
  const double phi2 = expm1_h / -stride.h - 1.0;
  const double phi3 = phi2 / -stride.h - 0.5;
  const double b0 = phi2 / expm1_h, b1 = 2.0 * phi3 / expm1_h;
  const double w0 = (b0 - b1) / (1.0 - stride.ratio), w1 = b0 - w0;
  return next - stride.phi * ((w0 / stride.ratio) * (earlier_original_ - original_) + w1 * change);
}

at::Tensor MultistepScheduler::Step(const at::Tensor& model_output, int step,
                                    const at::Tensor& sample) {
  if (step == 0) Forget();
  const at::Tensor original = PredictOriginal(model_output, step, sample);
  const bool correct = corrector_ == Corrector::kUniC && step > 0;
  const at::Tensor from = correct ? Correct(step, original, sample) : sample;
  earlier_original_ = original_;
  original_ = original;
  last_sample_ = from;
  return Predict(step, from);
}

}  // namespace atelier::engine
