// The VAE's pixel losses on what MCLD predicts. The published training has none: a loss on latents
// alone counts blur for little, although it is what shows most in a picture.
#pragma once

#include <ATen/ATen.h>

#include <vector>

#include "engine/models/vae.h"

namespace atelier::training {

/// Where one cut of each of B pictures is, in cells of the latents.
struct CutPlaces {
  int64_t height = 0, width = 0;
  std::vector<int64_t> top, left;  // [B]
};

/// Draws a place for each row of `person_mask` and `face_mask` (float [B, 1, h, w] of the CPU: the
/// share of each cell that the person fills, and the cells of the head): with equal chances at the
/// head (where there is one) or anywhere on the person. A cell is `cell_side` pixels a side.
CutPlaces DrawCuts(const at::Tensor& person_mask, const at::Tensor& face_mask, int64_t cell_side,
                   at::Generator& generator);

/// The places of the cuts' elements in flattened pictures that are `picture_width` cells wide, with
/// `side` elements to a cell: int64 [B, height * side, width * side] of the CPU.
at::Tensor CutIndex(const CutPlaces& places, int64_t picture_width, int64_t side);

/// The cuts of pictures [B, C, H, W] at `index`, CutIndex() on their device: [B, C, h, w].
at::Tensor TakeCuts(const at::Tensor& pictures, const at::Tensor& index);

/// What the decoded cuts of B pictures should show.
struct DecodedTargets {
  at::Tensor index;  // int64 [B, h, w]: CutIndex() in latents
  at::Tensor truth;  // uint8 [B, 4, H, W], the cuts' pixels: colours and ErrorWeights()
};

/// Decodes the cuts of the scaled latents `clean` [B, C, h, w] and compares them with the truth:
/// absolute and gradient errors by ErrorWeights(), times `row_weights` [B]. All on one device.
at::Tensor DecodedLoss(const DecodedTargets& targets, const at::Tensor& clean,
                       const at::Tensor& row_weights, engine::AutoencoderKL& vae,
                       double latent_scale);

}  // namespace atelier::training
