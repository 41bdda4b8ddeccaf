// Group normalisation that stays exact on channels-last pictures.
//
// LibTorch's CPU kernel for channels-last float32 is right to 1e-4 alone: it adds up in the order
// of memory. Painting on the CPU keeps its pictures channels-last for the convolutions' sake, so it
// has its own kernel here, right to 1e-6. Training, other devices and dtypes use LibTorch's.
#pragma once

#include <torch/nn.h>

namespace atelier::engine {

/// `norm` of `x` [B, C, h, w], in the layout of `x`.
at::Tensor Normalize(torch::nn::GroupNorm& norm, const at::Tensor& x);

/// SiLU of Normalize().
at::Tensor NormalizeSilu(torch::nn::GroupNorm& norm, const at::Tensor& x);

}  // namespace atelier::engine
