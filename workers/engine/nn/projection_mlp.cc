#include "engine/nn/projection_mlp.h"

namespace atelier::engine {
namespace nn = torch::nn;
namespace {

constexpr double kDropRate = 0.2;

}  // namespace

ProjectionMlpImpl::ProjectionMlpImpl(const ProjectionMlpOptions& options) {
  first_ = Linear(options.in_channels, options.hidden_channels);
  second_ = Linear(options.hidden_channels, options.out_channels);
  inner_dropout_ = Dropout(kDropRate);
  outer_dropout_ = Dropout(kDropRate);
  // net.1 is the published GELU, which has no weights.
  nn::ModuleList net(first_, nn::Identity(), inner_dropout_);
  if (options.norm) {
    norm_ = nn::LayerNorm(nn::LayerNormOptions({options.hidden_channels}));
    net->push_back(norm_);
  }
  net->push_back(second_);
  net->push_back(outer_dropout_);
  register_module("net", net);
}

at::Tensor ProjectionMlpImpl::forward(const at::Tensor& x) {
  at::Tensor inner = inner_dropout_(at::gelu(first_(x)));
  if (norm_) inner = norm_(inner);
  return outer_dropout_(second_(inner));
}

}  // namespace atelier::engine
