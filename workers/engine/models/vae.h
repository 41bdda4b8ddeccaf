// AutoencoderKL (diffusers): pictures <-> latents at an eighth of the size (2^(levels - 1)).
// Module names equal diffusers' current key names, so a published VAE loads by name. The same class
// is trained: every method is differentiable.
#pragma once

#include <torch/nn.h>

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <vector>

#include "base/result.h"
#include "engine/models/block_cosines.h"
#include "engine/nn/layers.h"
#include "engine/nn/resample.h"
#include "engine/nn/resnet_block.h"

namespace atelier::engine {

/// diffusers' config.json of an AutoencoderKL.
struct VaeConfig {
  int64_t in_channels = 3;
  int64_t out_channels = 3;
  int64_t latent_channels = 4;
  std::vector<int64_t> block_out_channels = {128, 256, 512, 512};
  /// Residual blocks a level of the encoder; the decoder has one more.
  int64_t layers_per_block = 2;
  int64_t norm_num_groups = 32;
  bool mid_block_attention = true;
  /// Our own; 1 in published VAEs. Above 1 the network works on patch_size x patch_size pixels
  /// folded into channels, which makes the costly first level as many times smaller.
  int64_t patch_size = 1;
  /// Our own; absent from published VAEs. With it the latents are these coefficients of
  /// scale() x scale() pixels (latent_channels in all), there is no encoder, and the decoder adds
  /// to their inverse transform what coefficients alone do not say.
  std::optional<CosineCounts> block_cosines;

  /// Pixels to one latent, a side.
  int64_t scale() const { return patch_size << (block_out_channels.size() - 1); }
  /// What is to be expected of each latent's standard deviation, up to one factor for them all:
  /// [latent_channels].
  std::vector<double> LatentAmplitudes() const;
};

/// Keys that say nothing about the network (_class_name, sample_size, ...) are passed over.
Result<VaeConfig> ParseVaeConfig(const nlohmann::json& json);

/// The encoder's diagonal Gaussian, from moments [B, 2 * latent, h, w].
struct Posterior {
  explicit Posterior(const at::Tensor& moments);
  /// mean + standard deviation * `noise`, which is shaped as the mean.
  at::Tensor Sample(const at::Tensor& noise) const;
  /// KL divergence from the unit Gaussian, summed over all but the batch: [B].
  at::Tensor Kl() const;

  at::Tensor mean;
  /// Clamped to -30..20, as diffusers does.
  at::Tensor log_variance;
};

/// The one-headed attention between the two residual blocks in the middle.
class VaeAttentionImpl : public torch::nn::Module {
 public:
  VaeAttentionImpl(int64_t channels, int64_t groups);
  at::Tensor forward(const at::Tensor& input);  // [B, C, H, W] -> the same

 private:
  torch::nn::GroupNorm group_norm_{nullptr};
  Linear to_q_{nullptr}, to_k_{nullptr}, to_v_{nullptr};
  torch::nn::ModuleList to_out_{nullptr};
};
TORCH_MODULE(VaeAttention);

class VaeMidBlockImpl : public torch::nn::Module {
 public:
  VaeMidBlockImpl(int64_t channels, const VaeConfig& config);
  at::Tensor forward(const at::Tensor& input);

 private:
  ResnetBlock2D first_{nullptr}, second_{nullptr};
  VaeAttention attention_{nullptr};
};
TORCH_MODULE(VaeMidBlock);

/// A level: residual blocks, then a resampling where there is one.
class VaeDownBlockImpl : public torch::nn::Module {
 public:
  VaeDownBlockImpl(int64_t in_channels, int64_t out_channels, const VaeConfig& config,
                   bool downsample);
  at::Tensor forward(const at::Tensor& input);

 private:
  torch::nn::ModuleList resnets_{nullptr};
  Downsample2D downsampler_{nullptr};
};
TORCH_MODULE(VaeDownBlock);

class VaeUpBlockImpl : public torch::nn::Module {
 public:
  VaeUpBlockImpl(int64_t in_channels, int64_t out_channels, const VaeConfig& config, bool upsample);
  at::Tensor forward(const at::Tensor& input);

 private:
  torch::nn::ModuleList resnets_{nullptr};
  Upsample2D upsampler_{nullptr};
};
TORCH_MODULE(VaeUpBlock);

class VaeEncoderImpl : public torch::nn::Module {
 public:
  explicit VaeEncoderImpl(const VaeConfig& config);
  at::Tensor forward(const at::Tensor& picture);

 private:
  Conv2d conv_in_{nullptr}, conv_out_{nullptr};
  torch::nn::ModuleList down_blocks_{nullptr};
  VaeMidBlock mid_block_{nullptr};
  torch::nn::GroupNorm conv_norm_out_{nullptr};
};
TORCH_MODULE(VaeEncoder);

class VaeDecoderImpl : public torch::nn::Module {
 public:
  explicit VaeDecoderImpl(const VaeConfig& config);
  at::Tensor forward(const at::Tensor& latents);
  /// The convolution that makes the picture: an adversarial loss balances itself on its weight.
  Conv2d& last_layer() { return conv_out_; }

 private:
  Conv2d conv_in_{nullptr}, conv_out_{nullptr};
  VaeMidBlock mid_block_{nullptr};
  torch::nn::ModuleList up_blocks_{nullptr};
  torch::nn::GroupNorm conv_norm_out_{nullptr};
};
TORCH_MODULE(VaeDecoder);

class AutoencoderKLImpl : public torch::nn::Module {
 public:
  explicit AutoencoderKLImpl(const VaeConfig& config);

  /// Picture [B, 3, H, W] in -1..1, sides multiples of scale() -> moments [B, 2 * latent, h, w].
  at::Tensor Encode(const at::Tensor& picture);
  /// Latents [B, latent, h, w] (not scaled) -> picture [B, 3, H, W], about -1..1.
  at::Tensor Decode(const at::Tensor& latents);
  /// A cheap preview of `latents`: half the size, about -1..1, in less than a quarter of the time.
  at::Tensor DecodeSmall(const at::Tensor& latents);
  /// Decode(mean of Encode(picture)).
  at::Tensor forward(const at::Tensor& picture);

  const VaeConfig& config() const { return config_; }
  VaeDecoder& decoder() { return decoder_; }

 private:
  VaeConfig config_;
  VaeEncoder encoder_{nullptr};  // none with block_cosines, which also need no quant_conv
  VaeDecoder decoder_{nullptr};
  Conv2d quant_conv_{nullptr}, post_quant_conv_{nullptr};
  std::optional<BlockCosines> cosines_;
};
TORCH_MODULE(AutoencoderKL);

}  // namespace atelier::engine
