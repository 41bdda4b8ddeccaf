#include "engine/pipelines/mcld/texture_prior.h"

#include <ATen/ATen.h>

namespace atelier::engine {
namespace {

/// `warp_latents` without their validity.
at::Tensor Colours(const at::Tensor& warp_latents, const at::Tensor& noisy) {
  return warp_latents.slice(1, 0, noisy.size(1)).to(at::kFloat);
}

}  // namespace

TexturePrior::TexturePrior(const SchedulerConfig& schedule, const std::vector<double>& deviations)
    : schedule_(schedule), deviations_(at::tensor(deviations, at::kFloat).view({1, -1, 1, 1})) {}

at::Tensor TexturePrior::Input(const at::Tensor& noisy, const at::Tensor& warp_latents,
                               const at::Tensor& t) const {
  const at::Tensor alpha = schedule_.AlphasFor(t, noisy);  // a^2
  const at::Tensor deviation = deviations_.to(noisy.device());
  const at::Tensor spread = 1 - alpha + alpha * deviation.square();
  const at::Tensor signal = schedule_.SignalFor(t, noisy);  // a
  return signal * deviation / spread * (noisy - signal * Colours(warp_latents, noisy));
}

at::Tensor TexturePrior::Velocity(const at::Tensor& output, const at::Tensor& noisy,
                                  const at::Tensor& warp_latents, const at::Tensor& t) const {
  const at::Tensor original =
      Colours(warp_latents, noisy) + deviations_.to(noisy.device()) * output.to(at::kFloat);
  return (schedule_.SignalFor(t, noisy) * noisy - original) / schedule_.NoiseFor(t, noisy);
}

}  // namespace atelier::engine
