// 3x3 convolution by Winograd's minimal filtering F(4x4, 3x3) (Lavin and Gray, "Fast Algorithms for
// Convolutional Neural Networks", CVPR 2016): 36 matrix products over tiles of 4x4 results instead
// of 144, for weights four times as large. float32 on the CPU, right to 2e-5.
#pragma once

#include <torch/nn.h>

#include <cstdint>
#include <vector>

namespace atelier::engine {

class WinogradConvolution {
 public:
  /// `weight` [out, in, 3, 3]; in and out multiples of 16.
  explicit WinogradConvolution(const at::Tensor& weight);

  /// Stride 1, padding 1: `x` [B, in, h, w], channels-last -> [B, out, h, w], channels-last.
  /// `bias` [out].
  at::Tensor operator()(const at::Tensor& x, const at::Tensor& bias) const;

  /// Whether it is faster than the direct convolution on pictures of this size.
  static bool Pays(const at::Tensor& weight, at::IntArrayRef input_size);

 private:
  int64_t in_channels_, out_channels_;
  /// 36 of [out, in], in oneDNN's layout.
  std::vector<at::Tensor> weights_;
};

}  // namespace atelier::engine
