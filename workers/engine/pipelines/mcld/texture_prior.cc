#include "engine/pipelines/mcld/texture_prior.h"

#include <ATen/ATen.h>

namespace atelier::engine {
namespace {

/// On `like`'s device; copied there without waiting for the work that is queued on it.
at::Tensor Beside(const at::Tensor& like, const at::Tensor& table) {
  return table.to(like.device(), table.scalar_type(), /*non_blocking=*/true);
}

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
  const at::Tensor deviation = Beside(noisy, deviations_);
  const at::Tensor spread = 1 - alpha + alpha * deviation.square();
  const at::Tensor signal = schedule_.SignalFor(t, noisy);  // a
  return signal * deviation / spread * (noisy - signal * Colours(warp_latents, noisy));
}

at::Tensor TexturePrior::Velocity(const at::Tensor& output, const at::Tensor& noisy,
                                  const at::Tensor& warp_latents, const at::Tensor& t) const {
  const at::Tensor original =
      Colours(warp_latents, noisy) + Beside(noisy, deviations_) * output.to(at::kFloat);
  return (schedule_.SignalFor(t, noisy) * noisy - original) / schedule_.NoiseFor(t, noisy);
}

}  // namespace atelier::engine
