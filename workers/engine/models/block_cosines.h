// Latents that need no training: the first coefficients of every square block's cosine transform
// in lightness and two colour differences, as JPEG keeps them.
#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>
#include <vector>

namespace atelier::engine {

/// Coefficients kept of lightness (r + g + b), of r - b and of r - 2 g + b, lowest frequencies
/// first: by rows i + columns j of the transform, then by i^2 + j^2, then by i.
using CosineCounts = std::array<int64_t, 3>;

/// Immutable. A coefficient's amplitude on pictures falls about as 1 / (1 + i + j)^2, lightness 8
/// times the others. Latents are coefficients over the root of that: fine detail still counts less
/// than broad colour, but is not lost beside it.
class BlockCosines {
 public:
  /// REQUIRES: 0..side^2 coefficients of each.
  BlockCosines(int64_t side, const CosineCounts& counts);

  /// Pictures [B, 3, H, W], sides multiples of the block's, -> latents [B, C, H / side, W / side].
  at::Tensor Transform(const at::Tensor& pictures) const;
  /// The pictures that have these coefficients and no others: [B, 3, H, W]. Inverts Transform() up
  /// to what was not kept.
  at::Tensor Invert(const at::Tensor& latents) const;

  /// What is to be expected of each latent's standard deviation on pictures in -1..1: [C].
  const std::vector<double>& amplitudes() const { return amplitudes_; }

 private:
  int64_t side_;
  std::vector<double> amplitudes_;
  at::Tensor forward_, inverse_;  // float32 [C, 3, side, side]
};

}  // namespace atelier::engine
