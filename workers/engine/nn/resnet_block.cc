#include "engine/nn/resnet_block.h"

#include <ATen/record_function.h>

#include "engine/nn/group_norm.h"

namespace atelier::engine {
namespace nn = torch::nn;

ResnetBlock2DImpl::ResnetBlock2DImpl(const ResnetBlockOptions& o) {
  norm1_ = register_module("norm1",
                           nn::GroupNorm(nn::GroupNormOptions(o.groups, o.in_channels).eps(o.eps)));
  conv1_ = register_module("conv1",
                           Conv2d(nn::Conv2dOptions(o.in_channels, o.out_channels, 3).padding(1)));
  if (o.time_channels > 0) {
    time_emb_proj_ = register_module("time_emb_proj", Linear(o.time_channels, o.out_channels));
  }
  norm2_ = register_module(
      "norm2", nn::GroupNorm(nn::GroupNormOptions(o.groups, o.out_channels).eps(o.eps)));
  conv2_ = register_module("conv2",
                           Conv2d(nn::Conv2dOptions(o.out_channels, o.out_channels, 3).padding(1)));
  if (o.in_channels != o.out_channels) {
    conv_shortcut_ = register_module("conv_shortcut",
                                     Conv2d(nn::Conv2dOptions(o.in_channels, o.out_channels, 1)));
  }
}

at::Tensor ResnetBlock2DImpl::forward(const at::Tensor& input, const at::Tensor& time_embedding) {
  RECORD_USER_SCOPE("residual block");
  at::Tensor x = conv1_(NormalizeSilu(norm1_, input));
  if (time_emb_proj_) {
    x = x + time_emb_proj_(at::silu(time_embedding)).unsqueeze(-1).unsqueeze(-1);
  }
  x = conv2_(NormalizeSilu(norm2_, x));
  return (conv_shortcut_ ? conv_shortcut_(input) : input) + x;
}

}  // namespace atelier::engine
