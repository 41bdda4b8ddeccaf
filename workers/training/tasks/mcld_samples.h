// Training samples of MCLD: rendered, preprocessed and packed by feeder threads, then encoded by
// the frozen networks a batch at a time.
#pragma once

#include <ATen/ATen.h>

#include <vector>

#include "people/body/body.h"
#include "training/data/pairs.h"
#include "training/tasks/mcld_training.h"

namespace atelier::training {

/// A rendered pair, and the pictures the image encoder reads.
struct McldSample {
  Pair pair;
  at::Tensor clip_source;   // [1, 3, s, s], normalised
  at::Tensor clip_texture;  // [1, 3, s, s]
};

/// Reads `training`'s settings, sizes and texture completion alone: any number of threads at once.
McldSample MakeMcldSample(const people::Body& body, int64_t index, bool held_out,
                          const PairOptions& options, const McldTraining& training);

/// What training needs of a sample, in the CPU's memory, as small as it comes: many of these wait.
/// uint8 where nothing else is said.
struct PackedSample {
  at::Tensor target;        // [1, 3, H, W]
  at::Tensor texture;       // [1, 3, ht, wt]: the completed atlas
  at::Tensor iuv;           // [1, 3, H, W]
  at::Tensor warp;          // [1, 4, H, W]: colours and validity
  at::Tensor weights;       // [1, 1, H, W]: ErrorWeights() of the target
  at::Tensor clip_source;   // float32 [1, 3, s, s]
  at::Tensor clip_texture;  // float32 [1, 3, s, s]
  at::Tensor face;          // [1, 3, f, f]; undefined where no face is seen
  at::Tensor face_mask;     // float32 [1, 1, h, w]: cells of the latents with parts 23 and 24
  at::Tensor person_mask;  // float32 [1, 1, h, w]: share of each cell that the clothed target fills
};

/// `cell_side`: pixels of the target to a cell of the latents, a side.
PackedSample Pack(const McldSample& sample, int64_t cell_side);

/// Encoded samples, joined along the first dimension, on the device.
struct McldBatch {
  at::Tensor target;        // scaled latents of the truth [B, C, h, w]
  at::Tensor texture;       // scaled latents of the texture map [B, C, ht, wt]
  at::Tensor warp_latents;  // [B, C + 1, h, w]; undefined without the latent warp
  at::Tensor iuv;           // uint8 [B, 3, H, W]
  at::Tensor warp;          // uint8 [B, 4, H, W]: colours and validity
  at::Tensor clip_source;   // [B, 3, s, s]
  at::Tensor clip_texture;  // [B, 3, s, s]
  at::Tensor face;          // [B, 1, E]; zeros where no face is seen
  at::Tensor face_mask;     // as in PackedSample
  at::Tensor person_mask;   // as in PackedSample
  at::Tensor truth;         // uint8 [B, 4, H, W]: the target's colours and ErrorWeights()

  int64_t size() const { return target.size(0); }
};

/// On `training`'s device; with CUDA without waiting for it. REQUIRES: no gradient is wanted.
McldBatch Encode(const std::vector<PackedSample>& samples, McldTraining& training);

/// Copies of the rows that `rows` (int64 [B], on the batch's device) numbers.
McldBatch RowsOf(const McldBatch& batch, const at::Tensor& rows);

/// A batch of `size` rows shaped as those of `like`, to be written to.
McldBatch EmptyLike(const McldBatch& like, int64_t size);

/// Writes `from` to the rows of `to` that start at `first`.
void CopyRows(const McldBatch& from, McldBatch& to, int64_t first);

}  // namespace atelier::training
