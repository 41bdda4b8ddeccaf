// TexturePrior: what is expected of a picture from the warped texture alone. The denoising network
// of a model that switches the prior on ("texture_warp.prior_deviation") predicts only how the
// picture departs from it.
//
// Clean latents x0 are taken to lie about the warped texture's w with standard deviation s. The
// network's output is (x0 - w) / s at every timestep: it is never asked for noise, which takes as
// many channels as there are latents and is what a narrow network leaves in its pictures (Li and
// He 2025, "Back to Basics: Let Denoising Generative Models Denoise"). Training and schedulers see
// the velocity that goes with it: for a sample x = a x0 + n e (a^2 + n^2 = 1), v = (a x - x0) / n.
//
// What the network reads in place of the sample is how far the mean of x0, given sample and
// texture, lies from the texture, over s: a s (x - a w) / (n^2 + a^2 s^2). Pure noise (a = 0)
// holds no information about the picture: there the input is 0, and no noise is painted.
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "engine/schedulers/noise_schedule.h"

namespace atelier::engine {

class TexturePrior {
 public:
  /// `deviations` [C]: s of each latent channel, > 0, in units of scaled latents. REQUIRES: a
  /// schedule of v-prediction.
  TexturePrior(const SchedulerConfig& schedule, const std::vector<double>& deviations);

  /// What the network reads of `noisy` [B, C, h, w] at `t` (int64 [B]), given `warp_latents`
  /// [B, C + 1, h, w], WarpLatents(): float32, shaped as `noisy`.
  at::Tensor Input(const at::Tensor& noisy, const at::Tensor& warp_latents,
                   const at::Tensor& t) const;
  /// v from the network's `output`, shaped as `noisy`; the others as above.
  at::Tensor Velocity(const at::Tensor& output, const at::Tensor& noisy,
                      const at::Tensor& warp_latents, const at::Tensor& t) const;

 private:
  NoiseSchedule schedule_;
  at::Tensor deviations_;  // float32 [1, C, 1, 1]
};

}  // namespace atelier::engine
