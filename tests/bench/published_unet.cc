#include "bench/published_unet.h"

#include <ATen/ATen.h>

#include "engine/nn/time_embedding.h"

namespace atelier::bench {
namespace {

constexpr double kTransformerNormEps = 1e-6;

at::Tensor Heads(const at::Tensor& x, int64_t heads) {
  return x.view({x.size(0), -1, heads, x.size(2) / heads}).transpose(1, 2);
}

}  // namespace

PublishedUNet::PublishedUNet(engine::UNetConfig config, const engine::TensorMap& weights)
    : config_(std::move(config)) {
  for (const auto& [name, weight] : weights) weights_[name] = weight.contiguous();
}

at::Tensor PublishedUNet::Bias(const std::string& name) const {
  const auto found = weights_.find(name + ".bias");
  return found == weights_.end() ? at::Tensor() : found->second;
}

at::Tensor PublishedUNet::Conv(const std::string& name, const at::Tensor& x, int64_t stride) const {
  const at::Tensor& weight = Weight(name + ".weight");
  return at::conv2d(x, weight, Bias(name), stride, weight.size(2) / 2);
}

at::Tensor PublishedUNet::Linear(const std::string& name, const at::Tensor& x) const {
  return at::linear(x, Weight(name + ".weight"), Bias(name));
}

at::Tensor PublishedUNet::GroupNorm(const std::string& name, const at::Tensor& x,
                                    double eps) const {
  return at::group_norm(x, config_.norm_num_groups, Weight(name + ".weight"),
                        Weight(name + ".bias"), eps);
}

at::Tensor PublishedUNet::LayerNorm(const std::string& name, const at::Tensor& x) const {
  return at::layer_norm(x, {x.size(2)}, Weight(name + ".weight"), Weight(name + ".bias"), 1e-5);
}

at::Tensor PublishedUNet::Resnet(const std::string& name, const at::Tensor& x,
                                 const at::Tensor& time) const {
  at::Tensor h = Conv(name + ".conv1", at::silu(GroupNorm(name + ".norm1", x, config_.norm_eps)));
  const at::Tensor moved = Linear(name + ".time_emb_proj", at::silu(time));
  h = h + moved.unsqueeze(2).unsqueeze(3);
  h = Conv(name + ".conv2", at::silu(GroupNorm(name + ".norm2", h, config_.norm_eps)));
  const bool widened = weights_.contains(name + ".conv_shortcut.weight");
  return (widened ? Conv(name + ".conv_shortcut", x) : x) + h;
}

at::Tensor PublishedUNet::Attend(const at::Tensor& query, const at::Tensor& key,
                                 const at::Tensor& value, int64_t heads) const {
  return at::scaled_dot_product_attention(Heads(query, heads), Heads(key, heads),
                                          Heads(value, heads))
      .transpose(1, 2)
      .reshape_as(query);
}

at::Tensor PublishedUNet::SelfAttention(const std::string& name, const at::Tensor& x,
                                        const at::Tensor& context, int64_t heads) const {
  return Linear(name + ".to_out.0",
                Attend(Linear(name + ".to_q", x), Linear(name + ".to_k", context),
                       Linear(name + ".to_v", context), heads));
}

at::Tensor PublishedUNet::TokenAttention(const std::string& name, const at::Tensor& x,
                                         const at::Tensor& tokens, int64_t heads) const {
  const int64_t clip = tokens.size(1) - config_.face_tokens;
  const at::Tensor clip_tokens = tokens.slice(1, 0, clip), face = tokens.slice(1, clip);
  const at::Tensor query = Linear(name + ".to_q", x);
  const at::Tensor key = Linear(name + ".to_k", clip_tokens);
  if (config_.face_tokens == 0)
    return Linear(name + ".to_out.0",
                  Attend(query, key, Linear(name + ".to_v", clip_tokens), heads));
  const at::Tensor face_key = Linear(name + ".processor.to_k_ip", face);
  at::Tensor out = Attend(query, key, Linear(name + ".to_v", clip_tokens), heads);
  const at::Tensor face_out =
      Attend(query, face_key, Linear(name + ".processor.to_v_ip", face), heads);
  // The published processor keeps these maps for pictures that its test never draws.
  for (const at::Tensor& keys : {key, face_key})
    at::matmul(Heads(query, heads), at::softmax(Heads(keys, heads).transpose(-2, -1), -1));
  out = out + config_.face_scale * face_out;
  return Linear(name + ".to_out.0", out);
}

at::Tensor PublishedUNet::ReadReference(const std::string& block, const at::Tensor& normed,
                                        const at::Tensor& h, int64_t heads,
                                        const engine::ReferenceFeatures& reference) const {
  const int64_t half = h.size(0) / 2;
  const at::Tensor context = at::cat({normed, reference.at(block)}, 1);
  const at::Tensor attended = SelfAttention(block + ".attn1", normed, context, heads) + h;
  const at::Tensor plain = normed.slice(0, 0, half);
  at::Tensor replaced = attended.clone();
  replaced.slice(0, 0, half)
      .copy_(SelfAttention(block + ".attn1", plain, plain, heads) + h.slice(0, 0, half));
  return replaced;
}

at::Tensor PublishedUNet::ProjectIn(const std::string& name, const at::Tensor& x) const {
  const auto tokens = [](const at::Tensor& picture) {
    return picture.permute({0, 2, 3, 1}).reshape({picture.size(0), -1, picture.size(1)});
  };
  return IsLinear(name) ? Linear(name, tokens(x)) : tokens(Conv(name, x));
}

at::Tensor PublishedUNet::ProjectOut(const std::string& name, const at::Tensor& tokens,
                                     const at::Tensor& like) const {
  const auto picture = [&](const at::Tensor& t) {
    return t.reshape({like.size(0), like.size(2), like.size(3), like.size(1)})
        .permute({0, 3, 1, 2})
        .contiguous();
  };
  return IsLinear(name) ? picture(Linear(name, tokens)) : Conv(name, picture(tokens));
}

at::Tensor PublishedUNet::Transformer(const std::string& name, const at::Tensor& x,
                                      const at::Tensor& tokens, int64_t heads,
                                      const engine::ReferenceFeatures& reference) const {
  const std::string block = name + ".transformer_blocks.0";
  at::Tensor h = ProjectIn(name + ".proj_in", GroupNorm(name + ".norm", x, kTransformerNormEps));

  const at::Tensor normed = LayerNorm(block + ".norm1", h);
  h = reference.empty() ? SelfAttention(block + ".attn1", normed, normed, heads) + h
                        : ReadReference(block, normed, h, heads, reference);

  h = TokenAttention(block + ".attn2", LayerNorm(block + ".norm2", h), tokens, heads) + h;
  const auto gate = Linear(block + ".ff.net.0.proj", LayerNorm(block + ".norm3", h)).chunk(2, 2);
  h = Linear(block + ".ff.net.2", gate[0] * at::gelu(gate[1])) + h;

  return ProjectOut(name + ".proj_out", h, x) + x;
}
at::Tensor PublishedUNet::Forward(const at::Tensor& sample, int64_t timestep,
                                  const engine::ConditionTokens& tokens,
                                  const at::Tensor& pose_features,
                                  const engine::ReferenceFeatures& reference,
                                  const at::Tensor& class_vectors) {
  const int64_t levels = static_cast<int64_t>(config_.block_out_channels.size());
  const auto at_level = [](const char* side, int64_t level, const char* what, int64_t i) {
    return std::string(side) + "_blocks." + std::to_string(level) + "." + what + "." +
           std::to_string(i);
  };
  const at::Tensor timesteps = at::full({sample.size(0)}, timestep, at::kLong);
  at::Tensor time = engine::SinusoidalEmbedding(timesteps, config_.block_out_channels.front())
                        .to(sample.options());
  time = Linear("time_embedding.linear_2", at::silu(Linear("time_embedding.linear_1", time)));
  if (class_vectors.defined())
    time = time + Linear("class_embedding.net.3",
                         at::gelu(Linear("class_embedding.net.0", class_vectors)));

  at::Tensor x = Conv("conv_in", sample) + pose_features;
  std::vector<at::Tensor> skips{x};
  for (int64_t level = 0; level < levels; ++level) {
    for (int64_t i = 0; i < config_.layers_per_block; ++i) {
      x = Resnet(at_level("down", level, "resnets", i), x, time);
      if (config_.attention[level])
        x = Transformer(at_level("down", level, "attentions", i), x, tokens.down,
                        config_.heads[level], reference);
      skips.push_back(x);
    }
    if (level + 1 == levels) break;
    x = Conv(at_level("down", level, "downsamplers", 0) + ".conv", x, 2);
    skips.push_back(x);
  }

  x = Resnet("mid_block.resnets.0", x, time);
  x = Transformer("mid_block.attentions.0", x, tokens.mid, config_.heads.back(), reference);
  x = Resnet("mid_block.resnets.1", x, time);

  for (int64_t up = 0; up < levels; ++up) {
    const int64_t level = levels - 1 - up;
    for (int64_t i = 0; i <= config_.layers_per_block; ++i) {
      x = Resnet(at_level("up", up, "resnets", i), at::cat({x, skips.back()}, 1), time);
      skips.pop_back();
      if (config_.attention[level])
        x = Transformer(at_level("up", up, "attentions", i), x, tokens.up, config_.heads[level],
                        reference);
    }
    if (level == 0) break;
    const at::Tensor& next = skips.back();
    x = Conv(at_level("up", up, "upsamplers", 0) + ".conv",
             at::upsample_nearest2d(x, {next.size(2), next.size(3)}));
  }
  return Conv("conv_out", at::silu(GroupNorm("conv_norm_out", x, config_.norm_eps)));
}

}  // namespace atelier::bench
