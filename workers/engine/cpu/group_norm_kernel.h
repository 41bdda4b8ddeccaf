// Group normalisation of channels-last float32 pictures on the CPU, right to 1e-6.
//
// LibTorch's own kernel is right to 1e-4 alone there: it adds up in the order of memory. The sums
// here do not depend on the number of threads. Thread-safe.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace atelier::engine {

/// What torch::nn::GroupNorm holds.
struct GroupNormWeights {
  int64_t groups = 1;
  at::Tensor weight, bias;  // [C] float32
  double epsilon = 1e-5;
};

/// `x` [B, C, h, w] normalised, and SiLU of that when `silu`; shaped and laid out as `x`. REQUIRES:
/// `x` is float32, on the CPU and contiguous in channels-last order; no gradients are recorded.
at::Tensor NormalizeChannelsLast(const GroupNormWeights& norm, const at::Tensor& x, bool silu);

}  // namespace atelier::engine
