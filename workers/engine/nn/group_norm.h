// Group normalisation that stays exact on channels-last pictures.
//
// Painting on the CPU keeps its pictures channels-last for the convolutions' sake and uses the
// kernel of engine/cpu/group_norm_kernel.h. Training, other devices and dtypes use LibTorch's.
#pragma once

#include <torch/nn.h>

namespace atelier::engine {

/// `norm` of `x` [B, C, h, w], in the layout of `x`.
at::Tensor Normalize(torch::nn::GroupNorm& norm, const at::Tensor& x);

/// SiLU of Normalize().
at::Tensor NormalizeSilu(torch::nn::GroupNorm& norm, const at::Tensor& x);

}  // namespace atelier::engine
