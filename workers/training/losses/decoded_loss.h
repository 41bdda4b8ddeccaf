// The VAE's pixel losses on what MCLD predicts. The published training has none: a loss on latents
// alone counts blur for little, although it is what shows most in a picture.
#pragma once

#include <ATen/ATen.h>

#include "engine/models/vae.h"

namespace atelier::training {

/// What the decoded latents of B pictures should show.
struct DecodedTargets {
  at::Tensor truth;        // uint8 [B, 4, H, W]: colours and ErrorWeights()
  at::Tensor person_mask;  // [B, 1, h, w]: share of each latent cell that the person fills
  at::Tensor face_mask;    // [B, 1, h, w]: cells of the head
};

/// Decodes one cut of each row of the scaled latents `clean` [B, C, h, w], with equal chances at
/// the head (where there is one) or anywhere on the person, and compares it with the truth:
/// absolute and gradient errors by ErrorWeights(), times `row_weights` [B].
at::Tensor DecodedLoss(const DecodedTargets& targets, const at::Tensor& clean,
                       const at::Tensor& row_weights, engine::AutoencoderKL& vae,
                       double latent_scale, at::Generator& generator);

}  // namespace atelier::training
