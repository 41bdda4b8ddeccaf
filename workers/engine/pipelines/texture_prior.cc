#include "engine/pipelines/texture_prior.h"

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
  return alpha.sqrt() * deviation / spread * (noisy - alpha.sqrt() * Colours(warp_latents, noisy));
}

at::Tensor TexturePrior::Velocity(const at::Tensor& output, const at::Tensor& noisy,
                                  const at::Tensor& warp_latents, const at::Tensor& t) const {
  const at::Tensor alpha = schedule_.AlphasFor(t, noisy);
  const at::Tensor original =
      Colours(warp_latents, noisy) + deviations_.to(noisy.device()) * output.to(at::kFloat);
  return (alpha.sqrt() * noisy - original) / (1 - alpha).sqrt();
}

}  // namespace atelier::engine
