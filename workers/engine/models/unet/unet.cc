#include "engine/models/unet/unet.h"

#include <algorithm>

#include "engine/nn/group_norm.h"
#include "engine/nn/layers.h"

namespace atelier::engine {

UNetImpl::UNetImpl(UNetConfig config) : config_(std::move(config)) {
  const int64_t first = config_.block_out_channels.front();
  conv_in_ = register_module("conv_in",
                             MakeConv3x3(config_.in_channels + config_.extra_in_channels, first));
  time_embedding_ =
      register_module("time_embedding", TimestepEmbedding(first, config_.time_channels()));
  if (config_.class_embedding_dim > 0) {
    class_embedding_ = register_module(
        "class_embedding",
        ProjectionMlp(ProjectionMlpOptions{.in_channels = config_.class_embedding_dim,
                                           .hidden_channels = config_.class_embedding_hidden,
                                           .out_channels = config_.time_channels()}));
  }
  BuildDown();
  BuildMid();
  BuildUp();
  if (config_.is_reference) return;
  conv_norm_out_ = register_module("conv_norm_out",
                                   MakeGroupNorm(config_.norm_num_groups, first, config_.norm_eps));
  conv_out_ = register_module("conv_out", MakeConv3x3(first, config_.out_channels));
}

UNetLevelOptions UNetImpl::LevelOptions(size_t level) const {
  UNetLevelOptions options;
  options.out_channels = config_.block_out_channels[level];
  options.layers = config_.layers_per_block;
  options.time_channels = config_.time_channels();
  options.norm_eps = config_.norm_eps;
  options.attention = config_.attention[level];
  options.transformer = TransformerOptions{.channels = options.out_channels,
                                           .heads = config_.heads[level],
                                           .context_channels = config_.cross_attention_dim,
                                           .groups = config_.norm_num_groups,
                                           .face_branch = config_.face_tokens > 0,
                                           .face_scale = config_.face_scale,
                                           .linear_projection = config_.use_linear_projection};
  return options;
}

void UNetImpl::BuildDown() {
  const size_t levels = config_.block_out_channels.size();
  torch::nn::ModuleList list;
  for (size_t i = 0; i < levels; ++i) {
    UNetLevelOptions options = LevelOptions(i);
    options.in_channels = config_.block_out_channels[i == 0 ? 0 : i - 1];
    options.resample = i + 1 < levels;
    down_.push_back(UNetDownLevel(options));
    list->push_back(down_.back());
    Collect(*down_.back(), Stage::kDown, "down_blocks." + std::to_string(i));
  }
  register_module("down_blocks", list);
}

void UNetImpl::BuildMid() {
  mid_ = UNetMidLevel(LevelOptions(config_.block_out_channels.size() - 1));
  register_module("mid_block", mid_);
  Collect(*mid_, Stage::kMid, "mid_block");
}

void UNetImpl::BuildUp() {
  const size_t levels = config_.block_out_channels.size();
  torch::nn::ModuleList list;
  for (size_t i = 0; i < levels; ++i) {
    const size_t level = levels - 1 - i;
    UNetLevelOptions options = LevelOptions(level);
    options.in_channels = config_.block_out_channels[level == 0 ? 0 : level - 1];
    options.layers = config_.layers_per_block + 1;
    options.resample = level > 0;
    up_.push_back(
        UNetUpLevel(options, config_.block_out_channels[std::min(level + 1, levels - 1)]));
    list->push_back(up_.back());
    Collect(*up_.back(), Stage::kUp, "up_blocks." + std::to_string(i));
  }
  register_module("up_blocks", list);
}

void UNetImpl::Collect(const UNetLevel& level, Stage stage, const std::string& prefix) {
  size_t i = 0;
  for (Transformer2D transformer : level.transformers()) {
    blocks_.push_back({stage, transformer->block()});
    block_names_.push_back(prefix + ".attentions." + std::to_string(i++) + ".transformer_blocks.0");
  }
}

PreparedConditions UNetImpl::Prepare(const ConditionTokens& tokens,
                                     const ReferenceFeatures* reference,
                                     const torch::Tensor& keep) {
  PreparedConditions prepared;
  prepared.blocks.reserve(blocks_.size());
  for (size_t i = 0; i < blocks_.size(); ++i) {
    NamedBlock& block = blocks_[i];
    const torch::Tensor& stage = block.stage == Stage::kDown  ? tokens.down
                                 : block.stage == Stage::kMid ? tokens.mid
                                                              : tokens.up;
    const int64_t clip_tokens = stage.size(1) - config_.face_tokens;
    torch::Tensor face, features;
    if (config_.face_tokens > 0) face = stage.slice(1, clip_tokens);
    if (reference != nullptr) features = reference->at(block_names_[i]);
    BlockConditions& conditions = prepared.blocks.emplace_back(
        block.block->Prepare(stage.slice(1, 0, clip_tokens), face, features));
    conditions.keep_reference = keep;
  }
  return prepared;
}

torch::Tensor UNetImpl::TimeEmbedding(const torch::Tensor& timesteps) {
  const torch::Tensor waves = SinusoidalEmbedding(timesteps, config_.block_out_channels.front());
  return time_embedding_(waves.to(time_embedding_->dtype()));
}

torch::Tensor UNetImpl::Trunk(torch::Tensor x, UNetPass& pass) {
  std::vector<torch::Tensor> skips{x};
  for (size_t i = 0; i < down_.size(); ++i) {
    x = down_[i](x, pass, skips);
    Probe("down_blocks." + std::to_string(i), x);
  }
  x = mid_(x, pass);
  Probe("mid_block", x);
  const auto with_attention = std::find(config_.attention.begin(), config_.attention.end(), true);
  const auto finer_levels = static_cast<size_t>(with_attention - config_.attention.begin());
  for (size_t i = 0; i < up_.size(); ++i) {
    // Nobody reads what a reference network makes after its last attention.
    if (config_.is_reference && i + finer_levels >= up_.size()) break;
    x = up_[i](x, pass, skips);
    Probe("up_blocks." + std::to_string(i), x);
  }
  return x;
}

torch::Tensor UNetImpl::Forward(const torch::Tensor& sample, const torch::Tensor& timesteps,
                                const PreparedConditions& conditions,
                                const torch::Tensor& pose_features) {
  torch::Tensor time = TimeEmbedding(timesteps);
  Probe("time_embedding", time);
  if (conditions.class_embedding.defined()) time = time + conditions.class_embedding;
  UNetPass pass{.time_embedding = time, .conditions = &conditions};
  torch::Tensor x = conv_in_(sample);
  Probe("conv_in", x);
  if (pose_features.defined()) x = x + pose_features;
  x = conv_out_(NormalizeSilu(conv_norm_out_, Trunk(x, pass)));
  Probe("conv_out", x);
  return x;
}

torch::Tensor UNetImpl::Forward(const torch::Tensor& sample, const torch::Tensor& timesteps,
                                const ConditionTokens& tokens, const torch::Tensor& pose_features,
                                const ReferenceFeatures* reference, const torch::Tensor& keep) {
  return Forward(sample, timesteps, Prepare(tokens, reference, keep), pose_features);
}

ReferenceFeatures UNetImpl::ReadReference(const torch::Tensor& latents,
                                          const torch::Tensor& tokens) {
  const torch::Tensor time = TimeEmbedding(
      torch::zeros({latents.size(0)}, torch::TensorOptions().device(latents.device())));
  Probe("time_embedding", time);
  const PreparedConditions conditions = Prepare({tokens, tokens, tokens}, nullptr);
  std::vector<torch::Tensor> features;
  UNetPass pass{.time_embedding = time, .conditions = &conditions, .features = &features};
  const torch::Tensor x = conv_in_(latents);
  Probe("conv_in", x);
  Trunk(x, pass);

  ReferenceFeatures named;
  for (size_t i = 0; i < features.size(); ++i) named[block_names_[i]] = features[i];
  return named;
}

}  // namespace atelier::engine
