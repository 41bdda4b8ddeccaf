// Sinusoidal timestep embedding and its MLP (diffusers' Timesteps and TimestepEmbedding).
#pragma once

#include <torch/nn.h>

#include <cstdint>

#include "engine/nn/layers.h"

namespace atelier::engine {

/// [cos | sin] of `timesteps` [B] at `channels` / 2 frequencies, float32: [B, channels].
torch::Tensor SinusoidalEmbedding(const torch::Tensor& timesteps, int64_t channels);

class TimestepEmbeddingImpl : public torch::nn::Module {
 public:
  TimestepEmbeddingImpl(int64_t channels, int64_t time_channels);
  /// [B, channels] -> [B, time_channels].
  torch::Tensor forward(const torch::Tensor& x);
  /// The dtype of the layer's weights.
  at::ScalarType dtype() const { return linear_1_->weight.scalar_type(); }

 private:
  Linear linear_1_{nullptr}, linear_2_{nullptr};
};
TORCH_MODULE(TimestepEmbedding);

}  // namespace atelier::engine
