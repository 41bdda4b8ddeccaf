#include "engine/nn/time_embedding.h"

#include <cmath>

namespace atelier::engine {

torch::Tensor SinusoidalEmbedding(const torch::Tensor& timesteps, int64_t channels) {
  const int64_t half = channels / 2;
  const auto options = torch::TensorOptions().dtype(torch::kFloat32).device(timesteps.device());
  const torch::Tensor frequencies =
      torch::exp(torch::arange(half, options) * -std::log(10000.0) / static_cast<double>(half));
  const torch::Tensor angles = timesteps.to(torch::kFloat32).unsqueeze(1) * frequencies;
  return torch::cat({torch::cos(angles), torch::sin(angles)}, 1);
}

TimestepEmbeddingImpl::TimestepEmbeddingImpl(int64_t channels, int64_t time_channels) {
  linear_1_ = register_module("linear_1", Linear(channels, time_channels));
  linear_2_ = register_module("linear_2", Linear(time_channels, time_channels));
}

torch::Tensor TimestepEmbeddingImpl::forward(const torch::Tensor& x) {
  return linear_2_(torch::silu(linear_1_(x)));
}

}  // namespace atelier::engine
