// Embeddings compared by their directions.
#pragma once

#include <ATen/ATen.h>

namespace atelier::engine {

/// Rows of length 1 along the last axis; a row of zeros stays zero (torch.nn.functional.normalize).
inline at::Tensor UnitLength(const at::Tensor& x) {
  constexpr double kLeastLength = 1e-12;
  return x / x.norm(2, -1, /*keepdim=*/true).clamp_min(kLeastLength);
}

}  // namespace atelier::engine
