// Short names for the layers that the UNets are made of.
#pragma once

#include <torch/nn.h>

#include <cstdint>

namespace atelier::engine {

inline torch::nn::GroupNorm MakeGroupNorm(int64_t groups, int64_t channels, double eps) {
  return torch::nn::GroupNorm(torch::nn::GroupNormOptions(groups, channels).eps(eps));
}

/// Stride 1, padding 1.
inline torch::nn::Conv2d MakeConv3x3(int64_t in_channels, int64_t out_channels) {
  return torch::nn::Conv2d(torch::nn::Conv2dOptions(in_channels, out_channels, 3).padding(1));
}

inline torch::nn::Conv2d MakeConv1x1(int64_t in_channels, int64_t out_channels) {
  return torch::nn::Conv2d(torch::nn::Conv2dOptions(in_channels, out_channels, 1));
}

inline torch::nn::Linear MakeLinearWithoutBias(int64_t in_channels, int64_t out_channels) {
  return torch::nn::Linear(torch::nn::LinearOptions(in_channels, out_channels).bias(false));
}

}  // namespace atelier::engine
