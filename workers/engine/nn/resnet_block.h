// ResnetBlock2D (diffusers): GroupNorm - SiLU - conv3x3, twice, around a skip; the time embedding,
// where there is one, is added between the two.
#pragma once

#include <torch/nn.h>

#include <cstdint>

#include "engine/nn/layers.h"

namespace atelier::engine {

struct ResnetBlockOptions {
  int64_t in_channels = 0;
  int64_t out_channels = 0;
  /// Width of the time embedding; 0 = none (the VAE's blocks).
  int64_t time_channels = 0;
  int64_t groups = 32;
  /// 1e-5 in the UNets, 1e-6 in the VAE.
  double eps = 1e-5;
};

class ResnetBlock2DImpl : public torch::nn::Module {
 public:
  explicit ResnetBlock2DImpl(const ResnetBlockOptions& options);

  /// [B, in, H, W] and, with time_channels, [B, time] -> [B, out, H, W]. Without one pass {}.
  at::Tensor forward(const at::Tensor& input, const at::Tensor& time_embedding = {});

 private:
  torch::nn::GroupNorm norm1_{nullptr};
  Conv2d conv1_{nullptr};
  Linear time_emb_proj_{nullptr};
  torch::nn::GroupNorm norm2_{nullptr};
  Conv2d conv2_{nullptr};
  Conv2d conv_shortcut_{nullptr};
};
TORCH_MODULE(ResnetBlock2D);

}  // namespace atelier::engine
