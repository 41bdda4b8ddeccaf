// One training sample of MCLD: rendered and preprocessed by a feeder thread, then encoded by the
// frozen networks.
#pragma once

#include <ATen/ATen.h>

#include <vector>

#include "people/body/body.h"
#include "training/data/pairs.h"
#include "training/tasks/mcld_training.h"

namespace atelier::training {

/// What a feeder thread makes: the pair, and the pictures the image encoder reads.
struct McldSample {
  Pair pair;
  at::Tensor clip_source;   // [1, 3, s, s], normalised
  at::Tensor clip_texture;  // [1, 3, s, s]
};

/// Reads `training`'s settings, sizes and texture completion alone: any number of threads at once.
McldSample MakeMcldSample(const people::Body& body, int64_t index, bool held_out,
                          const PairOptions& options, const McldTraining& training);

/// Encoded samples, joined along the first dimension.
struct McldBatch {
  at::Tensor target;        // scaled latents of the truth [B, C, h, w]
  at::Tensor texture;       // scaled latents of the texture map [B, C, ht, wt]
  at::Tensor warp_latents;  // [B, C + 1, h, w]; undefined without the latent warp
  at::Tensor iuv;           // uint8 [B, 3, H, W]
  at::Tensor warp;          // uint8 [B, 4, H, W]: colours and validity
  at::Tensor clip_source;   // [B, 3, s, s]
  at::Tensor clip_texture;  // [B, 3, s, s]
  at::Tensor face;          // [B, 1, E]; zeros where no face is seen
  at::Tensor face_mask;     // [B, 1, h, w]: parts 23 and 24 of the target
  at::Tensor person_mask;   // [B, 1, h, w]: share of each cell that the clothed target fills
  at::Tensor truth;         // uint8 [B, 4, H, W]: the target's colours and ErrorWeights()

  int64_t size() const { return target.size(0); }
};

/// REQUIRES: no gradient is wanted.
McldBatch Encode(const std::vector<McldSample>& samples, McldTraining& training);

/// Row `row` as a batch of one; shares its memory.
McldBatch RowOf(const McldBatch& batch, int64_t row);

McldBatch Concatenate(const std::vector<McldBatch>& batches);

}  // namespace atelier::training
