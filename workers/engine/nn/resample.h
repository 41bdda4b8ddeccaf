// Downsample2D and Upsample2D (diffusers): the convolutions between two resolutions.
#pragma once

#include <torch/nn.h>

#include <array>
#include <cstdint>
#include <optional>

#include "engine/nn/layers.h"

namespace atelier::engine {

/// Halves height and width by a 3x3 convolution of stride 2.
class Downsample2DImpl : public torch::nn::Module {
 public:
  /// `asymmetric_padding`: one row and column of zeros below and to the right only, as the VAE's
  /// encoder has it; the UNets pad every side by one.
  explicit Downsample2DImpl(int64_t channels, bool asymmetric_padding = false);
  at::Tensor forward(const at::Tensor& input);

 private:
  bool asymmetric_padding_;
  Conv2d conv_{nullptr};
};
TORCH_MODULE(Downsample2D);

/// Nearest-neighbour enlargement, then a 3x3 convolution.
class Upsample2DImpl : public torch::nn::Module {
 public:
  explicit Upsample2DImpl(int64_t channels);
  /// Twice the size, or {height, width} where a skip connection asks for another.
  at::Tensor forward(const at::Tensor& input,
                     std::optional<std::array<int64_t, 2>> size = std::nullopt);

 private:
  Conv2d conv_{nullptr};
};
TORCH_MODULE(Upsample2D);

}  // namespace atelier::engine
