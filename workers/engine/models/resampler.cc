#include "engine/models/resampler.h"

#include <cmath>

#include "engine/weights/json_reader.h"

namespace atelier::engine {
namespace nn = torch::nn;
namespace {

nn::LayerNorm Norm(int64_t width) { return nn::LayerNorm(nn::LayerNormOptions({width})); }

nn::Sequential FeedForwardOf(int64_t dim, int64_t multiple) {
  return nn::Sequential(Norm(dim), MakeLinearWithoutBias(dim, dim * multiple), nn::GELU(),
                        MakeLinearWithoutBias(dim * multiple, dim));
}

}  // namespace

Result<ResamplerConfig> ParseResamplerConfig(const nlohmann::json& json) {
  ResamplerConfig config;
  JsonReader reader(json, "face_resampler.config");
  reader.Optional("dim", config.dim, 1, 16384);
  reader.Optional("depth", config.depth, 1, 64);
  reader.Optional("dim_head", config.dim_head, 1, 1024);
  reader.Optional("heads", config.heads, 1, 256);
  reader.Optional("num_queries", config.num_queries, 1, 1024);
  reader.Optional("embedding_dim", config.embedding_dim, 1, 65536);
  reader.Optional("output_dim", config.output_dim, 1, 16384);
  reader.Optional("ff_mult", config.ff_mult, 1, 16);
  ATELIER_RETURN_IF_ERROR(reader.Finish());
  return config;
}

PerceiverAttentionImpl::PerceiverAttentionImpl(const ResamplerConfig& config)
    : heads_(config.heads) {
  const int64_t inner = config.heads * config.dim_head;
  norm1_ = register_module("norm1", Norm(config.dim));
  norm2_ = register_module("norm2", Norm(config.dim));
  to_q_ = register_module("to_q", MakeLinearWithoutBias(config.dim, inner));
  to_kv_ = register_module("to_kv", MakeLinearWithoutBias(config.dim, 2 * inner));
  to_out_ = register_module("to_out", MakeLinearWithoutBias(inner, config.dim));
}

at::Tensor PerceiverAttentionImpl::forward(const at::Tensor& x, const at::Tensor& latents) {
  const at::Tensor queries = norm2_(latents);
  const auto key_value = to_kv_(at::cat({norm1_(x), queries}, 1)).chunk(2, -1);
  const auto split = [&](const at::Tensor& t) {  // [B, n, heads * d] -> [B, heads, n, d]
    return t.unflatten(2, {heads_, -1}).transpose(1, 2);
  };
  const at::Tensor out = at::scaled_dot_product_attention(split(to_q_(queries)),
                                                          split(key_value[0]), split(key_value[1]));
  return to_out_(out.transpose(1, 2).flatten(2));
}

ResamplerImpl::ResamplerImpl(const ResamplerConfig& config) {
  latents_ = register_parameter("latents", at::randn({1, config.num_queries, config.dim}) /
                                               std::sqrt(static_cast<double>(config.dim)));
  proj_in_ = register_module("proj_in", Linear(config.embedding_dim, config.dim));
  proj_out_ = register_module("proj_out", Linear(config.dim, config.output_dim));
  norm_out_ = register_module("norm_out", Norm(config.output_dim));
  nn::ModuleList layers = register_module("layers", nn::ModuleList());
  for (int64_t i = 0; i < config.depth; ++i) {
    attentions_.emplace_back(config);
    feed_forwards_.push_back(FeedForwardOf(config.dim, config.ff_mult));
    layers->push_back(nn::ModuleList(attentions_.back(), feed_forwards_.back()));
  }
}

at::Tensor ResamplerImpl::forward(const at::Tensor& embeddings) {
  const at::Tensor x = proj_in_(embeddings);
  at::Tensor latents = latents_.expand({x.size(0), -1, -1});
  for (size_t i = 0; i < attentions_.size(); ++i) {
    latents = attentions_[i](x, latents) + latents;
    latents = feed_forwards_[i]->forward(latents) + latents;
  }
  return norm_out_(proj_out_(latents));
}

}  // namespace atelier::engine
