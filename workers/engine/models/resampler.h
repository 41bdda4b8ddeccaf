// Resampler (IP-Adapter): a face embedding -> the tokens that the face branch of attention reads.
#pragma once

#include <torch/nn.h>

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <vector>

#include "base/result.h"
#include "engine/nn/layers.h"

namespace atelier::engine {

struct ResamplerConfig {
  int64_t dim = 1280;
  int64_t depth = 4;
  int64_t dim_head = 64;
  int64_t heads = 20;
  /// Tokens it makes.
  int64_t num_queries = 16;
  /// Width of what it reads: the face embedding.
  int64_t embedding_dim = 512;
  /// Width of its tokens: the UNets' cross-attention.
  int64_t output_dim = 768;
  int64_t ff_mult = 4;
};

Result<ResamplerConfig> ParseResamplerConfig(const nlohmann::json& json);

/// Latent queries attend to the input and to themselves.
class PerceiverAttentionImpl : public torch::nn::Module {
 public:
  explicit PerceiverAttentionImpl(const ResamplerConfig& config);
  at::Tensor forward(const at::Tensor& x, const at::Tensor& latents);

 private:
  int64_t heads_;
  torch::nn::LayerNorm norm1_{nullptr}, norm2_{nullptr};
  Linear to_q_{nullptr}, to_kv_{nullptr}, to_out_{nullptr};
};
TORCH_MODULE(PerceiverAttention);

class ResamplerImpl : public torch::nn::Module {
 public:
  explicit ResamplerImpl(const ResamplerConfig& config);
  /// [B, n, embedding_dim] -> [B, num_queries, output_dim]; one face is n = 1.
  at::Tensor forward(const at::Tensor& embeddings);

 private:
  at::Tensor latents_;
  Linear proj_in_{nullptr}, proj_out_{nullptr};
  torch::nn::LayerNorm norm_out_{nullptr};
  std::vector<PerceiverAttention> attentions_;
  std::vector<torch::nn::Sequential> feed_forwards_;
};
TORCH_MODULE(Resampler);

}  // namespace atelier::engine
