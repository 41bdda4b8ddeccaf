#include "engine/nn/resample.h"

#include <ATen/record_function.h>

namespace atelier::engine {
namespace nn = torch::nn;

Downsample2DImpl::Downsample2DImpl(int64_t channels, bool asymmetric_padding)
    : asymmetric_padding_(asymmetric_padding) {
  conv_ = register_module(
      "conv",
      Conv2d(
          nn::Conv2dOptions(channels, channels, 3).stride(2).padding(asymmetric_padding ? 0 : 1)));
}

at::Tensor Downsample2DImpl::forward(const at::Tensor& input) {
  RECORD_USER_SCOPE("resampling");
  return conv_(asymmetric_padding_ ? at::constant_pad_nd(input, {0, 1, 0, 1}) : input);
}

Upsample2DImpl::Upsample2DImpl(int64_t channels) {
  conv_ = register_module("conv", Conv2d(nn::Conv2dOptions(channels, channels, 3).padding(1)));
}

at::Tensor Upsample2DImpl::forward(const at::Tensor& input,
                                   std::optional<std::array<int64_t, 2>> size) {
  RECORD_USER_SCOPE("resampling");
  const std::array<int64_t, 2> target =
      size.value_or(std::array<int64_t, 2>{input.size(2) * 2, input.size(3) * 2});
  return conv_(at::upsample_nearest2d(input, target));
}

}  // namespace atelier::engine
