#include "engine/models/vae.h"

#include <numeric>

#include "engine/nn/group_norm.h"
#include "engine/weights/json_reader.h"

namespace atelier::engine {
namespace nn = torch::nn;
namespace {

constexpr double kVaeEps = 1e-6;

ResnetBlock2D Resnet(int64_t in, int64_t out, const VaeConfig& config) {
  return ResnetBlock2D(ResnetBlockOptions{.in_channels = in,
                                          .out_channels = out,
                                          .time_channels = 0,
                                          .groups = config.norm_num_groups,
                                          .eps = kVaeEps});
}

nn::GroupNorm Norm(int64_t channels, int64_t groups) {
  return nn::GroupNorm(nn::GroupNormOptions(groups, channels).eps(kVaeEps));
}

/// Of latents that are sure.
constexpr double kLeastLogVariance = -30.0;

/// "block_cosines": how many coefficients of each kind; together all the latents.
void ReadCosines(JsonReader& reader, VaeConfig& config) {
  std::vector<int64_t> counts;
  reader.Optional("block_cosines", counts, 1, config.scale() * config.scale());
  if (counts.empty()) return;
  const int64_t sum = std::accumulate(counts.begin(), counts.end(), int64_t{0});
  if (counts.size() != CosineCounts().size() || sum != config.latent_channels) {
    reader.Refuse("block_cosines", "three numbers that make latent_channels together",
                  std::to_string(counts.size()) + " numbers that make " + std::to_string(sum));
    return;
  }
  if (config.in_channels != 3 || config.out_channels != 3)
    reader.Refuse("block_cosines", "absent unless pictures have 3 channels",
                  std::to_string(config.in_channels) + " in, " +
                      std::to_string(config.out_channels) + " out");
  config.block_cosines = CosineCounts{counts[0], counts[1], counts[2]};
}

}  // namespace

std::vector<double> VaeConfig::LatentAmplitudes() const {
  if (block_cosines) return BlockCosines(scale(), *block_cosines).amplitudes();
  return std::vector<double>(static_cast<size_t>(latent_channels), 1.0);
}

Result<VaeConfig> ParseVaeConfig(const nlohmann::json& json) {
  VaeConfig config;
  JsonReader reader(json, "vae.config");
  reader.Optional("in_channels", config.in_channels, 1, 64);
  reader.Optional("out_channels", config.out_channels, 1, 64);
  reader.Optional("patch_size", config.patch_size, 1, 8);
  reader.Optional("latent_channels", config.latent_channels, 1, 256);
  reader.Optional("block_out_channels", config.block_out_channels, 1, 8192);
  reader.Optional("layers_per_block", config.layers_per_block, 1, 16);
  reader.Optional("norm_num_groups", config.norm_num_groups, 1, 1024);
  reader.Optional("mid_block_add_attention", config.mid_block_attention);  // diffusers' name
  reader.Optional("mid_block_attention", config.mid_block_attention);
  for (const int64_t channels : config.block_out_channels) {
    if (channels % config.norm_num_groups == 0) continue;
    reader.Refuse("block_out_channels",
                  "multiples of norm_num_groups, " + std::to_string(config.norm_num_groups),
                  std::to_string(channels));
  }
  ReadCosines(reader, config);
  ATELIER_RETURN_IF_ERROR(reader.Finish());
  return config;
}

Posterior::Posterior(const at::Tensor& moments) {
  const auto halves = moments.chunk(2, 1);
  mean = halves[0];
  log_variance = halves[1].clamp(kLeastLogVariance, 20.0);
}

at::Tensor Posterior::Sample(const at::Tensor& noise) const {
  return mean + at::exp(0.5 * log_variance) * noise;
}

at::Tensor Posterior::Kl() const {
  return 0.5 * (mean.square() + log_variance.exp() - 1.0 - log_variance).flatten(1).sum(1);
}

VaeAttentionImpl::VaeAttentionImpl(int64_t channels, int64_t groups) {
  group_norm_ = register_module("group_norm", Norm(channels, groups));
  to_q_ = register_module("to_q", Linear(channels, channels));
  to_k_ = register_module("to_k", Linear(channels, channels));
  to_v_ = register_module("to_v", Linear(channels, channels));
  to_out_ = register_module("to_out", nn::ModuleList(Linear(channels, channels)));
}

at::Tensor VaeAttentionImpl::forward(const at::Tensor& input) {
  const at::Tensor x = Normalize(group_norm_, input).flatten(2).transpose(1, 2);  // [B, HW, C]
  // One head: [B, 1, HW, C].
  at::Tensor out = at::scaled_dot_product_attention(to_q_(x).unsqueeze(1), to_k_(x).unsqueeze(1),
                                                    to_v_(x).unsqueeze(1))
                       .squeeze(1);
  out = to_out_[0]->as<Linear>()->forward(out);
  return input + out.transpose(1, 2).reshape_as(input);
}

VaeMidBlockImpl::VaeMidBlockImpl(int64_t channels, const VaeConfig& config) {
  first_ = Resnet(channels, channels, config);
  second_ = Resnet(channels, channels, config);
  register_module("resnets", nn::ModuleList(first_, second_));
  if (!config.mid_block_attention) return;
  attention_ = VaeAttention(channels, config.norm_num_groups);
  register_module("attentions", nn::ModuleList(attention_));
}

at::Tensor VaeMidBlockImpl::forward(const at::Tensor& input) {
  at::Tensor x = first_(input);
  if (attention_) x = attention_(x);
  return second_(x);
}

VaeDownBlockImpl::VaeDownBlockImpl(int64_t in_channels, int64_t out_channels,
                                   const VaeConfig& config, bool downsample) {
  resnets_ = register_module("resnets", nn::ModuleList());
  for (int64_t i = 0; i < config.layers_per_block; ++i) {
    resnets_->push_back(Resnet(i == 0 ? in_channels : out_channels, out_channels, config));
  }
  if (!downsample) return;
  downsampler_ = Downsample2D(out_channels, /*asymmetric_padding=*/true);
  register_module("downsamplers", nn::ModuleList(downsampler_));
}

at::Tensor VaeDownBlockImpl::forward(const at::Tensor& input) {
  at::Tensor x = input;
  for (const auto& resnet : *resnets_) x = resnet->as<ResnetBlock2D>()->forward(x);
  return downsampler_ ? downsampler_(x) : x;
}

VaeUpBlockImpl::VaeUpBlockImpl(int64_t in_channels, int64_t out_channels, const VaeConfig& config,
                               bool upsample) {
  resnets_ = register_module("resnets", nn::ModuleList());
  for (int64_t i = 0; i <= config.layers_per_block; ++i) {
    resnets_->push_back(Resnet(i == 0 ? in_channels : out_channels, out_channels, config));
  }
  if (!upsample) return;
  upsampler_ = Upsample2D(out_channels);
  register_module("upsamplers", nn::ModuleList(upsampler_));
}

at::Tensor VaeUpBlockImpl::forward(const at::Tensor& input) {
  at::Tensor x = input;
  for (const auto& resnet : *resnets_) x = resnet->as<ResnetBlock2D>()->forward(x);
  return upsampler_ ? upsampler_(x) : x;
}

VaeEncoderImpl::VaeEncoderImpl(const VaeConfig& config) {
  const std::vector<int64_t>& widths = config.block_out_channels;
  conv_in_ = register_module(
      "conv_in",
      MakeConv3x3(config.in_channels * config.patch_size * config.patch_size, widths.front()));
  down_blocks_ = register_module("down_blocks", nn::ModuleList());
  for (size_t i = 0; i < widths.size(); ++i) {
    down_blocks_->push_back(VaeDownBlock(widths[i == 0 ? 0 : i - 1], widths[i], config,
                                         /*downsample=*/i + 1 < widths.size()));
  }
  mid_block_ = register_module("mid_block", VaeMidBlock(widths.back(), config));
  conv_norm_out_ = register_module("conv_norm_out", Norm(widths.back(), config.norm_num_groups));
  conv_out_ = register_module("conv_out", MakeConv3x3(widths.back(), 2 * config.latent_channels));
}

at::Tensor VaeEncoderImpl::forward(const at::Tensor& picture) {
  at::Tensor x = conv_in_(picture);
  for (const auto& block : *down_blocks_) x = block->as<VaeDownBlock>()->forward(x);
  return conv_out_(NormalizeSilu(conv_norm_out_, mid_block_(x)));
}

VaeDecoderImpl::VaeDecoderImpl(const VaeConfig& config) {
  const std::vector<int64_t> widths(config.block_out_channels.rbegin(),
                                    config.block_out_channels.rend());
  conv_in_ = register_module("conv_in", MakeConv3x3(config.latent_channels, widths.front()));
  mid_block_ = register_module("mid_block", VaeMidBlock(widths.front(), config));
  up_blocks_ = register_module("up_blocks", nn::ModuleList());
  for (size_t i = 0; i < widths.size(); ++i) {
    up_blocks_->push_back(VaeUpBlock(widths[i == 0 ? 0 : i - 1], widths[i], config,
                                     /*upsample=*/i + 1 < widths.size()));
  }
  conv_norm_out_ = register_module("conv_norm_out", Norm(widths.back(), config.norm_num_groups));
  conv_out_ = register_module(
      "conv_out",
      MakeConv3x3(widths.back(), config.out_channels * config.patch_size * config.patch_size));
}

at::Tensor VaeDecoderImpl::forward(const at::Tensor& latents) {
  at::Tensor x = mid_block_(conv_in_(latents));
  for (const auto& block : *up_blocks_) x = block->as<VaeUpBlock>()->forward(x);
  return conv_out_(NormalizeSilu(conv_norm_out_, x));
}

AutoencoderKLImpl::AutoencoderKLImpl(const VaeConfig& config) : config_(config) {
  const int64_t latent = config.latent_channels;
  decoder_ = register_module("decoder", VaeDecoder(config));
  if (config.block_cosines) {
    cosines_.emplace(config.scale(), *config.block_cosines);
    // Before it has learned anything the decoder leaves the inverse transform as it is.
    const at::NoGradGuard no_grad;
    for (at::Tensor& parameter : decoder_->last_layer()->parameters()) parameter.zero_();
    return;
  }
  encoder_ = register_module("encoder", VaeEncoder(config));
  quant_conv_ = register_module("quant_conv", MakeConv1x1(2 * latent, 2 * latent));
  post_quant_conv_ = register_module("post_quant_conv", MakeConv1x1(latent, latent));
}

at::Tensor AutoencoderKLImpl::Encode(const at::Tensor& picture) {
  if (!cosines_) return quant_conv_(encoder_(at::pixel_unshuffle(picture, config_.patch_size)));
  const at::Tensor mean = cosines_->Transform(picture);
  return at::cat({mean, at::full_like(mean, kLeastLogVariance)}, 1);
}

at::Tensor AutoencoderKLImpl::Decode(const at::Tensor& latents) {
  if (!cosines_) return at::pixel_shuffle(decoder_(post_quant_conv_(latents)), config_.patch_size);
  return cosines_->Invert(latents) + at::pixel_shuffle(decoder_(latents), config_.patch_size);
}

at::Tensor AutoencoderKLImpl::DecodeSmall(const at::Tensor& latents) {
  // Half-size latents decode to a half-size picture; coefficients do not, but cost little to
  // invert.
  if (!cosines_) return Decode(at::avg_pool2d(latents, {2, 2}));
  return at::avg_pool2d(cosines_->Invert(latents), {2, 2});
}

at::Tensor AutoencoderKLImpl::forward(const at::Tensor& picture) {
  return Decode(Posterior(Encode(picture)).mean);
}

}  // namespace atelier::engine
