// CLIPVisionModelWithProjection (transformers): a picture -> one embedding. Module names equal
// transformers' keys, its spelling "pre_layrnorm" included.
#pragma once

#include <torch/nn.h>

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "base/result.h"
#include "engine/nn/layers.h"

namespace atelier::engine {

/// transformers' config.json; the defaults are ViT-L/14 with a projection to 768.
struct ClipVisionConfig {
  int64_t hidden_size = 1024;
  int64_t intermediate_size = 4096;
  int64_t projection_dim = 768;
  int64_t num_hidden_layers = 24;
  int64_t num_attention_heads = 16;
  int64_t num_channels = 3;
  /// Side of the square picture it reads, a multiple of patch_size.
  int64_t image_size = 224;
  int64_t patch_size = 14;
  /// "quick_gelu" or "gelu".
  std::string hidden_act = "quick_gelu";
  double layer_norm_eps = 1e-5;
};

/// Also reads the nested form of a whole CLIPModel (sizes under vision_config).
Result<ClipVisionConfig> ParseClipVisionConfig(const nlohmann::json& json);

struct ClipVisionOutput {
  at::Tensor image_embeds;       // [B, projection_dim], not normalised
  at::Tensor last_hidden_state;  // [B, 1 + patches, hidden_size], before the last norm
};

class ClipEmbeddingsImpl : public torch::nn::Module {
 public:
  explicit ClipEmbeddingsImpl(const ClipVisionConfig& config);
  at::Tensor forward(const at::Tensor& pixel_values);

 private:
  at::Tensor class_embedding_;
  Conv2d patch_embedding_{nullptr};
  torch::nn::Embedding position_embedding_{nullptr};
};
TORCH_MODULE(ClipEmbeddings);

class ClipAttentionImpl : public torch::nn::Module {
 public:
  explicit ClipAttentionImpl(const ClipVisionConfig& config);
  at::Tensor forward(const at::Tensor& x);

 private:
  int64_t heads_;
  Linear q_proj_{nullptr}, k_proj_{nullptr}, v_proj_{nullptr}, out_proj_{nullptr};
};
TORCH_MODULE(ClipAttention);

class ClipMlpImpl : public torch::nn::Module {
 public:
  explicit ClipMlpImpl(const ClipVisionConfig& config);
  at::Tensor forward(const at::Tensor& x);

 private:
  bool quick_gelu_;
  Linear fc1_{nullptr}, fc2_{nullptr};
};
TORCH_MODULE(ClipMlp);

class ClipLayerImpl : public torch::nn::Module {
 public:
  explicit ClipLayerImpl(const ClipVisionConfig& config);
  at::Tensor forward(const at::Tensor& x);

 private:
  torch::nn::LayerNorm layer_norm1_{nullptr}, layer_norm2_{nullptr};
  ClipAttention self_attn_{nullptr};
  ClipMlp mlp_{nullptr};
};
TORCH_MODULE(ClipLayer);

class ClipEncoderImpl : public torch::nn::Module {
 public:
  explicit ClipEncoderImpl(const ClipVisionConfig& config);
  at::Tensor forward(const at::Tensor& x);

 private:
  torch::nn::ModuleList layers_{nullptr};
};
TORCH_MODULE(ClipEncoder);

class ClipTransformerImpl : public torch::nn::Module {
 public:
  explicit ClipTransformerImpl(const ClipVisionConfig& config);
  /// {post_layernorm of the class token [B, hidden], last hidden state}.
  std::pair<at::Tensor, at::Tensor> forward(const at::Tensor& pixel_values);

 private:
  ClipEmbeddings embeddings_{nullptr};
  torch::nn::LayerNorm pre_layrnorm_{nullptr}, post_layernorm_{nullptr};
  ClipEncoder encoder_{nullptr};
};
TORCH_MODULE(ClipTransformer);

class CLIPVisionModelWithProjectionImpl : public torch::nn::Module {
 public:
  explicit CLIPVisionModelWithProjectionImpl(const ClipVisionConfig& config);
  /// [B, 3, image_size, image_size], normalised (ClipPixelValues in images/tensor.h).
  ClipVisionOutput forward(const at::Tensor& pixel_values);
  const ClipVisionConfig& config() const { return config_; }

 private:
  ClipVisionConfig config_;
  ClipTransformer vision_model_{nullptr};
  Linear visual_projection_{nullptr};
};
TORCH_MODULE(CLIPVisionModelWithProjection);

}  // namespace atelier::engine
