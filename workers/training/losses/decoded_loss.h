// The VAE's pixel losses on what MCLD predicts. An addition of ours: in latents blur costs little,
// and it is all that one sees.
#pragma once

#include <ATen/ATen.h>

#include "engine/models/vae.h"
#include "training/tasks/mcld_samples.h"

namespace atelier::training {

/// Decodes one cut of each row of the scaled latents `clean` [B, C, h, w], by a coin's fall at the
/// head (where there is one) or anywhere on the person, and compares it with the truth: absolute
/// and gradient errors by ErrorWeights(), times `row_weights` [B].
at::Tensor DecodedLoss(const McldBatch& batch, const at::Tensor& clean,
                       const at::Tensor& row_weights, engine::AutoencoderKL& vae,
                       double latent_scale, at::Generator& generator);

}  // namespace atelier::training
