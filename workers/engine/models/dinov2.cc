#include "engine/models/dinov2.h"

#include <string>
#include <utility>

#include "engine/weights/json_reader.h"

namespace atelier::engine {
namespace nn = torch::nn;
namespace {

/// transformers' guard against a size that rounds down to one patch less.
constexpr double kGridOffset = 0.1;

nn::LayerNorm Norm(const Dinov2Config& config) {
  return nn::LayerNorm(nn::LayerNormOptions({config.hidden_size}).eps(config.layer_norm_eps));
}

/// A module that holds others under their published names and computes nothing.
class Holder : public nn::Module {
 public:
  template <typename Child>
  Holder& With(const std::string& name, Child child) {
    register_module(name, std::move(child));
    return *this;
  }
  at::Tensor& WithParameter(const std::string& name, at::Tensor value) {
    return register_parameter(name, std::move(value));
  }
};

std::shared_ptr<Holder> MakeHolder() { return std::make_shared<Holder>(); }

}  // namespace

Result<Dinov2Config> ParseDinov2Config(const nlohmann::json& json) {
  Dinov2Config config;
  std::string activation = "gelu";
  bool swiglu = false;
  JsonReader reader(json, "source_encoder.config");
  reader.Optional("hidden_size", config.hidden_size, 1, 16384);
  reader.Optional("num_hidden_layers", config.num_hidden_layers, 1, 256);
  reader.Optional("num_attention_heads", config.num_attention_heads, 1, 256);
  reader.Optional("mlp_ratio", config.mlp_ratio, 1, 64);
  reader.Optional("num_channels", config.num_channels, 1, 64);
  reader.Optional("image_size", config.image_size, 1, 4096);
  reader.Optional("patch_size", config.patch_size, 1, 4096);
  reader.Optional("qkv_bias", config.qkv_bias);
  reader.Optional("layer_norm_eps", config.layer_norm_eps, 0.0, 1.0);
  reader.Optional("hidden_act", activation, {"gelu"});
  reader.Optional("use_swiglu_ffn", swiglu);
  if (swiglu) reader.Refuse("use_swiglu_ffn", "false", "true");
  if (config.hidden_size % config.num_attention_heads != 0) {
    reader.Refuse("num_attention_heads", "a divisor of hidden_size",
                  std::to_string(config.num_attention_heads));
  }
  if (config.patch_size > config.image_size) {
    reader.Refuse("patch_size", "at most image_size", std::to_string(config.patch_size));
  }
  ATELIER_RETURN_IF_ERROR(reader.Finish());
  return config;
}

Dinov2EmbeddingsImpl::Dinov2EmbeddingsImpl(const Dinov2Config& config)
    : side_(config.image_size / config.patch_size) {
  const int64_t width = config.hidden_size;
  cls_token_ = register_parameter("cls_token", 0.02 * at::randn({1, 1, width}));
  mask_token_ = register_parameter("mask_token", at::zeros({1, width}));
  position_embeddings_ =
      register_parameter("position_embeddings", 0.02 * at::randn({1, 1 + side_ * side_, width}));
  projection_ = Conv2d(
      nn::Conv2dOptions(config.num_channels, width, config.patch_size).stride(config.patch_size));
  const auto patches = MakeHolder();
  patches->With("projection", projection_);
  register_module("patch_embeddings", patches);
}

at::Tensor Dinov2EmbeddingsImpl::Positions(int64_t rows, int64_t columns) const {
  if (rows == side_ && columns == side_) return position_embeddings_;
  // transformers 4.40 interpolates by a scale that is a little larger than the ratio of the grids,
  // and that scale, not the sizes, says where each position is read. Later versions differ.
  const double whole = static_cast<double>(side_);
  const double vertical = (static_cast<double>(rows) + kGridOffset) / whole;
  const double horizontal = (static_cast<double>(columns) + kGridOffset) / whole;
  const at::Tensor grid =  // [1, hidden, side, side]
      position_embeddings_.slice(1, 1).unflatten(1, {side_, side_}).permute({0, 3, 1, 2});
  const at::Tensor resized = at::upsample_bicubic2d(grid.to(at::kFloat), {rows, columns},
                                                    /*align_corners=*/false, vertical, horizontal)
                                 .to(position_embeddings_.scalar_type());
  return at::cat({position_embeddings_.slice(1, 0, 1), resized.flatten(2).transpose(1, 2)}, 1);
}

at::Tensor Dinov2EmbeddingsImpl::forward(const at::Tensor& pixel_values) {
  const at::Tensor patches = projection_(pixel_values);  // [B, hidden, rows, columns]
  const at::Tensor tokens = patches.flatten(2).transpose(1, 2);
  const at::Tensor first = cls_token_.expand({tokens.size(0), -1, -1});
  return at::cat({first, tokens}, 1) + Positions(patches.size(2), patches.size(3));
}

Dinov2AttentionImpl::Dinov2AttentionImpl(const Dinov2Config& config)
    : heads_(config.num_attention_heads) {
  const int64_t width = config.hidden_size;
  const auto projection = [&] {
    return Linear(nn::LinearOptions(width, width).bias(config.qkv_bias));
  };
  query_ = projection();
  key_ = projection();
  value_ = projection();
  dense_ = Linear(width, width);
  const auto attention = MakeHolder(), output = MakeHolder();
  attention->With("query", query_).With("key", key_).With("value", value_);
  output->With("dense", dense_);
  register_module("attention", attention);
  register_module("output", output);
}

at::Tensor Dinov2AttentionImpl::forward(const at::Tensor& x) {
  const auto split = [&](const at::Tensor& t) {  // [B, n, C] -> [B, heads, n, C / heads]
    return t.unflatten(2, {heads_, -1}).transpose(1, 2);
  };
  const at::Tensor out =
      at::scaled_dot_product_attention(split(query_(x)), split(key_(x)), split(value_(x)));
  return dense_(out.transpose(1, 2).flatten(2));
}

Dinov2LayerImpl::Dinov2LayerImpl(const Dinov2Config& config) {
  const int64_t width = config.hidden_size, inner = width * config.mlp_ratio;
  norm1_ = register_module("norm1", Norm(config));
  attention_ = register_module("attention", Dinov2Attention(config));
  norm2_ = register_module("norm2", Norm(config));
  fc1_ = Linear(width, inner);
  fc2_ = Linear(inner, width);
  const auto mlp = MakeHolder(), scale1 = MakeHolder(), scale2 = MakeHolder();
  mlp->With("fc1", fc1_).With("fc2", fc2_);
  register_module("mlp", mlp);
  scale1_ = scale1->WithParameter("lambda1", at::ones({width}));
  scale2_ = scale2->WithParameter("lambda1", at::ones({width}));
  register_module("layer_scale1", scale1);
  register_module("layer_scale2", scale2);
}

at::Tensor Dinov2LayerImpl::forward(const at::Tensor& x) {
  const at::Tensor attended = x + attention_(norm1_(x)) * scale1_;
  return attended + fc2_(at::gelu(fc1_(norm2_(attended)))) * scale2_;
}

Dinov2ModelImpl::Dinov2ModelImpl(const Dinov2Config& config) : config_(config) {
  embeddings_ = register_module("embeddings", Dinov2Embeddings(config));
  layers_ = nn::ModuleList();
  for (int64_t i = 0; i < config.num_hidden_layers; ++i) layers_->push_back(Dinov2Layer(config));
  const auto encoder = MakeHolder();
  encoder->With("layer", layers_);
  register_module("encoder", encoder);
  layernorm_ = register_module("layernorm", Norm(config));
}

at::Tensor Dinov2ModelImpl::forward(const at::Tensor& pixel_values) {
  at::Tensor x = embeddings_(pixel_values);
  for (const auto& layer : *layers_) x = layer->as<Dinov2Layer>()->forward(x);
  return layernorm_(x);
}

}  // namespace atelier::engine
