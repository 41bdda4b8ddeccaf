// The two losses of FPDM's stage 1, Image-Pose Fusion: a fusion embedding is to be like its target
// picture's embedding and unlike those of the other targets (InfoNCE, van den Oord et al. 2018).
#pragma once

#include <ATen/ATen.h>

namespace atelier::training {

/// Embeddings of a batch, [N, D] each. CLIP's are as they come, the fusion embeddings of length 1.
struct FusionEmbeddings {
  at::Tensor target;
  at::Tensor source;
  at::Tensor fusion;
};

struct FusionLossOptions {
  double temperature = 0.07;
  /// Weight of the mean distance between sources' and fusion embeddings.
  double distance_weight = 1e-4;
  /// Source-Enhanced Pose Fusion: sources join the batch as targets of themselves, so that fusion
  /// embeddings also keep away from the sources of others. Otherwise the paper's baseline.
  bool source_enhanced = true;
};

struct FusionLoss {
  at::Tensor loss;      // [], contrast + distance_weight * distance
  at::Tensor contrast;  // []
  at::Tensor distance;  // []
  /// Cosine of target i and fusion j over the temperature: [N, N], or [2N, 2N] with the sources in
  /// the second half.
  at::Tensor logits;
};

/// One direction alone, as published: each target chooses among the fusion embeddings.
FusionLoss ComputeFusionLoss(const FusionEmbeddings& embeddings, const FusionLossOptions& options);

/// Place of each row's own column among the columns by size, 1 is the first: float [rows]. Of equal
/// numbers, those of the other columns count as larger. More columns than rows are others.
at::Tensor OwnPlaces(const at::Tensor& logits);

}  // namespace atelier::training
