// Dinov2Model (transformers): a picture -> one token per patch and one for the whole. Module names
// equal transformers' keys. FPDM reads the source picture with it.
#pragma once

#include <torch/nn.h>

#include <cstdint>
#include <nlohmann/json_fwd.hpp>

#include "base/result.h"
#include "engine/nn/layers.h"

namespace atelier::engine {

/// transformers' config.json; the defaults are DINOv2 large.
struct Dinov2Config {
  int64_t hidden_size = 1024;
  int64_t num_hidden_layers = 24;
  int64_t num_attention_heads = 16;
  /// Width of the feed-forward layers over hidden_size.
  int64_t mlp_ratio = 4;
  int64_t num_channels = 3;
  /// Side of the pictures that the table of positions was trained on; others interpolate it.
  int64_t image_size = 518;
  int64_t patch_size = 14;
  bool qkv_bias = true;
  double layer_norm_eps = 1e-6;
};

/// INVALID_ARGUMENT names the key; hidden_act must be gelu and use_swiglu_ffn false.
Result<Dinov2Config> ParseDinov2Config(const nlohmann::json& json);

class Dinov2EmbeddingsImpl : public torch::nn::Module {
 public:
  explicit Dinov2EmbeddingsImpl(const Dinov2Config& config);
  at::Tensor forward(const at::Tensor& pixel_values);

 private:
  /// The table for rows x columns patches: [1, 1 + rows * columns, hidden].
  at::Tensor Positions(int64_t rows, int64_t columns) const;

  int64_t side_;
  at::Tensor cls_token_, mask_token_, position_embeddings_;
  Conv2d projection_{nullptr};
};
TORCH_MODULE(Dinov2Embeddings);

/// The attention of one layer, each projection with a bias where the config says so.
class Dinov2AttentionImpl : public torch::nn::Module {
 public:
  explicit Dinov2AttentionImpl(const Dinov2Config& config);
  at::Tensor forward(const at::Tensor& x);

 private:
  int64_t heads_;
  Linear query_{nullptr}, key_{nullptr}, value_{nullptr}, dense_{nullptr};
};
TORCH_MODULE(Dinov2Attention);

class Dinov2LayerImpl : public torch::nn::Module {
 public:
  explicit Dinov2LayerImpl(const Dinov2Config& config);
  at::Tensor forward(const at::Tensor& x);

 private:
  torch::nn::LayerNorm norm1_{nullptr}, norm2_{nullptr};
  Dinov2Attention attention_{nullptr};
  Linear fc1_{nullptr}, fc2_{nullptr};
  /// How much each half adds, by channel.
  at::Tensor scale1_, scale2_;
};
TORCH_MODULE(Dinov2Layer);

class Dinov2ModelImpl : public torch::nn::Module {
 public:
  explicit Dinov2ModelImpl(const Dinov2Config& config);
  /// [B, 3, H, W], ImageNetPixelValues() (images/tensor.h) -> the last hidden state behind the last
  /// norm, [B, 1 + patches, hidden_size], the whole picture's token first. What H and W are beyond
  /// whole patches is not read.
  at::Tensor forward(const at::Tensor& pixel_values);
  /// What forward() begins with: patches and positions.
  at::Tensor Embed(const at::Tensor& pixel_values) { return embeddings_(pixel_values); }
  const Dinov2Config& config() const { return config_; }

 private:
  Dinov2Config config_;
  Dinov2Embeddings embeddings_{nullptr};
  torch::nn::ModuleList layers_{nullptr};
  torch::nn::LayerNorm layernorm_{nullptr};
};
TORCH_MODULE(Dinov2Model);

}  // namespace atelier::engine
