// Transformer blocks of the UNets (diffusers' BasicTransformerBlock and Transformer2DModel with one
// block). Member names equal diffusers' keys.
#pragma once

#include <torch/nn.h>

#include <cstdint>

#include "engine/nn/attention.h"

namespace atelier::engine {

struct TransformerOptions {
  int64_t channels = 0;
  int64_t heads = 1;
  int64_t context_channels = 0;
  /// GroupNorm groups in front of the block.
  int64_t groups = 32;
  bool face_branch = false;
  double face_scale = 1.0;
  /// Linear layers around the block (Stable Diffusion 2) in place of 1x1 convolutions.
  bool linear_projection = false;
};

/// GEGLU feed-forward, four times as wide inside; gelu by erf.
class FeedForwardImpl : public torch::nn::Module {
 public:
  explicit FeedForwardImpl(int64_t channels);
  torch::Tensor forward(const torch::Tensor& x);

 private:
  Linear proj_{nullptr}, out_{nullptr};
};
TORCH_MODULE(FeedForward);

class BasicTransformerBlockImpl : public torch::nn::Module {
 public:
  explicit BasicTransformerBlockImpl(const TransformerOptions& options);

  /// Projects the conditions of this block. `tokens` [B, n, D]; `face` [B, F, D] or undefined;
  /// `reference` [B', S, C] or undefined.
  BlockConditions Prepare(const torch::Tensor& tokens, const torch::Tensor& face,
                          const torch::Tensor& reference);

  /// `x` [B, T, C]. When `features` is not null it receives norm1(x): what a reference network
  /// hands to the same block of the denoising network.
  torch::Tensor forward(const torch::Tensor& x, const BlockConditions& conditions,
                        torch::Tensor* features = nullptr);

 private:
  /// `h` and what attention to the condition tokens adds to it.
  torch::Tensor AddTokens(const torch::Tensor& h, const BlockConditions& conditions);

  torch::nn::LayerNorm norm1_{nullptr}, norm2_{nullptr}, norm3_{nullptr};
  Attention attn1_{nullptr}, attn2_{nullptr};
  FeedForward ff_{nullptr};
};
TORCH_MODULE(BasicTransformerBlock);

class Transformer2DImpl : public torch::nn::Module {
 public:
  explicit Transformer2DImpl(const TransformerOptions& options);

  /// `x` [B, C, h, w]; otherwise as the block, with tokens in row-major pixel order.
  torch::Tensor forward(const torch::Tensor& x, const BlockConditions& conditions,
                        torch::Tensor* features = nullptr);
  BasicTransformerBlock& block() { return block_; }

 private:
  /// [B, C, h, w] -> [B, h * w, C].
  torch::Tensor ToTokens(const torch::Tensor& x);
  /// The other way round; `like` has the size and the layout.
  torch::Tensor ToPicture(const torch::Tensor& tokens, const torch::Tensor& like);

  torch::nn::GroupNorm norm_{nullptr};
  /// One of the two pairs.
  Conv2d proj_in_{nullptr}, proj_out_{nullptr};
  Linear linear_in_{nullptr}, linear_out_{nullptr};
  BasicTransformerBlock block_{nullptr};
};
TORCH_MODULE(Transformer2D);

}  // namespace atelier::engine
