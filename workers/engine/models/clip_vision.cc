#include "engine/models/clip_vision.h"

#include "engine/weights/json_reader.h"

namespace atelier::engine {
namespace nn = torch::nn;
namespace {

nn::LayerNorm Norm(const ClipVisionConfig& config) {
  return nn::LayerNorm(nn::LayerNormOptions({config.hidden_size}).eps(config.layer_norm_eps));
}

}  // namespace

Result<ClipVisionConfig> ParseClipVisionConfig(const nlohmann::json& json) {
  ClipVisionConfig config;
  JsonReader reader(json, "image_encoder.config");
  reader.Optional("projection_dim", config.projection_dim, 1, 16384);
  const nlohmann::json* nested = reader.Object("vision_config");
  ATELIER_RETURN_IF_ERROR(reader.Finish());
  JsonReader sizes(nested != nullptr ? *nested : json, nested != nullptr
                                                           ? "image_encoder.config.vision_config"
                                                           : "image_encoder.config");
  sizes.Optional("hidden_size", config.hidden_size, 1, 16384);
  sizes.Optional("intermediate_size", config.intermediate_size, 1, 65536);
  sizes.Optional("num_hidden_layers", config.num_hidden_layers, 1, 256);
  sizes.Optional("num_attention_heads", config.num_attention_heads, 1, 256);
  sizes.Optional("num_channels", config.num_channels, 1, 64);
  sizes.Optional("image_size", config.image_size, 1, 4096);
  sizes.Optional("patch_size", config.patch_size, 1, 4096);
  sizes.Optional("hidden_act", config.hidden_act, {"quick_gelu", "gelu"});
  sizes.Optional("layer_norm_eps", config.layer_norm_eps, 0.0, 1.0);
  if (config.hidden_size % config.num_attention_heads != 0) {
    sizes.Refuse("num_attention_heads", "a divisor of hidden_size",
                 std::to_string(config.num_attention_heads));
  }
  if (config.patch_size > config.image_size) {
    sizes.Refuse("patch_size", "at most image_size", std::to_string(config.patch_size));
  }
  ATELIER_RETURN_IF_ERROR(sizes.Finish());
  return config;
}

ClipEmbeddingsImpl::ClipEmbeddingsImpl(const ClipVisionConfig& config) {
  const int64_t side = config.image_size / config.patch_size;
  class_embedding_ = register_parameter("class_embedding", 0.02 * at::randn({config.hidden_size}));
  patch_embedding_ = register_module(
      "patch_embedding",
      Conv2d(nn::Conv2dOptions(config.num_channels, config.hidden_size, config.patch_size)
                 .stride(config.patch_size)
                 .bias(false)));
  position_embedding_ =
      register_module("position_embedding", nn::Embedding(side * side + 1, config.hidden_size));
  const at::NoGradGuard no_grad;
  position_embedding_->weight.mul_(0.02);
}

at::Tensor ClipEmbeddingsImpl::forward(const at::Tensor& pixel_values) {
  const at::Tensor patches =
      patch_embedding_(pixel_values).flatten(2).transpose(1, 2);  // [B, patches, hidden]
  const at::Tensor first = class_embedding_.expand({patches.size(0), 1, -1});
  return at::cat({first, patches}, 1) + position_embedding_->weight;
}

ClipAttentionImpl::ClipAttentionImpl(const ClipVisionConfig& config)
    : heads_(config.num_attention_heads) {
  const int64_t width = config.hidden_size;
  q_proj_ = register_module("q_proj", Linear(width, width));
  k_proj_ = register_module("k_proj", Linear(width, width));
  v_proj_ = register_module("v_proj", Linear(width, width));
  out_proj_ = register_module("out_proj", Linear(width, width));
}

at::Tensor ClipAttentionImpl::forward(const at::Tensor& x) {
  const auto split = [&](const at::Tensor& t) {  // [B, n, C] -> [B, heads, n, C / heads]
    return t.unflatten(2, {heads_, -1}).transpose(1, 2);
  };
  const at::Tensor out =
      at::scaled_dot_product_attention(split(q_proj_(x)), split(k_proj_(x)), split(v_proj_(x)));
  return out_proj_(out.transpose(1, 2).flatten(2));
}

ClipMlpImpl::ClipMlpImpl(const ClipVisionConfig& config)
    : quick_gelu_(config.hidden_act == "quick_gelu") {
  fc1_ = register_module("fc1", Linear(config.hidden_size, config.intermediate_size));
  fc2_ = register_module("fc2", Linear(config.intermediate_size, config.hidden_size));
}

at::Tensor ClipMlpImpl::forward(const at::Tensor& x) {
  const at::Tensor inner = fc1_(x);
  return fc2_(quick_gelu_ ? inner * at::sigmoid(1.702 * inner) : at::gelu(inner));
}

ClipLayerImpl::ClipLayerImpl(const ClipVisionConfig& config) {
  layer_norm1_ = register_module("layer_norm1", Norm(config));
  self_attn_ = register_module("self_attn", ClipAttention(config));
  layer_norm2_ = register_module("layer_norm2", Norm(config));
  mlp_ = register_module("mlp", ClipMlp(config));
}

at::Tensor ClipLayerImpl::forward(const at::Tensor& x) {
  const at::Tensor attended = x + self_attn_(layer_norm1_(x));
  return attended + mlp_(layer_norm2_(attended));
}

ClipEncoderImpl::ClipEncoderImpl(const ClipVisionConfig& config) {
  layers_ = register_module("layers", nn::ModuleList());
  for (int64_t i = 0; i < config.num_hidden_layers; ++i) layers_->push_back(ClipLayer(config));
}

at::Tensor ClipEncoderImpl::forward(const at::Tensor& x) {
  at::Tensor out = x;
  for (const auto& layer : *layers_) out = layer->as<ClipLayer>()->forward(out);
  return out;
}

ClipTransformerImpl::ClipTransformerImpl(const ClipVisionConfig& config) {
  embeddings_ = register_module("embeddings", ClipEmbeddings(config));
  pre_layrnorm_ = register_module("pre_layrnorm", Norm(config));
  encoder_ = register_module("encoder", ClipEncoder(config));
  post_layernorm_ = register_module("post_layernorm", Norm(config));
}

std::pair<at::Tensor, at::Tensor> ClipTransformerImpl::forward(const at::Tensor& pixel_values) {
  const at::Tensor hidden = encoder_(pre_layrnorm_(embeddings_(pixel_values)));
  return {post_layernorm_(hidden.select(1, 0)), hidden};
}

CLIPVisionModelWithProjectionImpl::CLIPVisionModelWithProjectionImpl(const ClipVisionConfig& config)
    : config_(config) {
  vision_model_ = register_module("vision_model", ClipTransformer(config));
  visual_projection_ = register_module(
      "visual_projection", MakeLinearWithoutBias(config.hidden_size, config.projection_dim));
}

ClipVisionOutput CLIPVisionModelWithProjectionImpl::forward(const at::Tensor& pixel_values) {
  auto [pooled, hidden] = vision_model_(pixel_values);
  return {visual_projection_(pooled), hidden};
}

}  // namespace atelier::engine
