// The conditional UNet of Stable Diffusion, as MCLD uses it twice: a reference network that reads
// an image, and a denoising network that paints (diffusers' UNet2DConditionModel; the authors'
// UNet3DConditionModel with one frame), and as FPDM uses Stable Diffusion 2.1's, with a vector that
// joins the time embedding. Parameter names equal the checkpoints' keys.
//
// The same code trains and paints; every call is differentiable. Thread rule: one thread at a time.
#pragma once

#include <torch/nn.h>

#include <functional>
#include <string>
#include <vector>

#include "engine/models/unet/unet_blocks.h"
#include "engine/models/unet/unet_conditions.h"
#include "engine/models/unet/unet_config.h"
#include "engine/nn/layers.h"
#include "engine/nn/projection_mlp.h"
#include "engine/nn/time_embedding.h"

namespace atelier::engine {

/// Sees a named intermediate tensor ("conv_in", "down_blocks.0", "mid_block", ...).
using TensorProbe = std::function<void(const std::string& name, const torch::Tensor&)>;

class UNetImpl : public torch::nn::Module {
 public:
  explicit UNetImpl(UNetConfig config);

  const UNetConfig& config() const { return config_; }

  /// Projects the conditions for every transformer block. Rows of a guided batch: the
  /// unconditional ones first.
  ///   tokens      [B'', n, D] per stage, B'' <= B rows that belong to the LAST B'' rows of the
  ///               batch; the last config().face_tokens of the n are face tokens. Rows before them
  ///               are unconditional: all their tokens are zero.
  ///   reference   features with B' <= B rows, belonging to the LAST B' rows of the batch; the
  ///               rows before them attend to themselves alone. Null: no row has a reference.
  ///   keep        bool [B'], false = that row does not see its reference. Undefined: all see it.
  PreparedConditions Prepare(const ConditionTokens& tokens, const ReferenceFeatures* reference,
                             const torch::Tensor& keep = {});

  /// Projects one vector per row, [B, class_embedding_dim], for PreparedConditions.
  /// REQUIRES: config().class_embedding_dim > 0.
  torch::Tensor EmbedClass(const torch::Tensor& vectors) { return class_embedding_(vectors); }

  /// Predicts from `sample` [B, in_channels + extra_in_channels, h, w] at `timesteps` [B] (any
  /// dtype). `pose_features` [B, block_out_channels[0], h, w] is added after conv_in; may be
  /// undefined. Returns [B, out_channels, h, w].
  /// REQUIRES: not a reference network.
  torch::Tensor Forward(const torch::Tensor& sample, const torch::Tensor& timesteps,
                        const PreparedConditions& conditions, const torch::Tensor& pose_features);

  /// Prepare() and Forward() in one.
  torch::Tensor Forward(const torch::Tensor& sample, const torch::Tensor& timesteps,
                        const ConditionTokens& tokens, const torch::Tensor& pose_features,
                        const ReferenceFeatures* reference, const torch::Tensor& keep = {});

  /// Reads a reference image's `latents` [B, in_channels, h, w] with its one-token CLIP embedding
  /// `tokens` [B, n, D], at timestep 0.
  ReferenceFeatures ReadReference(const torch::Tensor& latents, const torch::Tensor& tokens);

  /// Names of the transformer blocks in forward order.
  const std::vector<std::string>& block_names() const { return block_names_; }

  /// For tests that compare with a reference run; empty = off.
  void set_probe(TensorProbe probe) { probe_ = std::move(probe); }

 private:
  enum class Stage { kDown, kMid, kUp };
  struct NamedBlock {
    Stage stage;
    BasicTransformerBlock block;
  };

  void BuildDown();
  void BuildMid();
  void BuildUp();
  UNetLevelOptions LevelOptions(size_t level) const;
  void Collect(const UNetLevel& level, Stage stage, const std::string& prefix);
  torch::Tensor TimeEmbedding(const torch::Tensor& timesteps);
  /// Everything but conv_norm_out and conv_out.
  torch::Tensor Trunk(torch::Tensor x, UNetPass& pass);
  void Probe(const std::string& name, const torch::Tensor& value) const {
    if (probe_) probe_(name, value);
  }

  UNetConfig config_;
  Conv2d conv_in_{nullptr}, conv_out_{nullptr};
  TimestepEmbedding time_embedding_{nullptr};
  ProjectionMlp class_embedding_{nullptr};
  std::vector<UNetDownLevel> down_;
  UNetMidLevel mid_{nullptr};
  std::vector<UNetUpLevel> up_;
  torch::nn::GroupNorm conv_norm_out_{nullptr};
  std::vector<NamedBlock> blocks_;
  std::vector<std::string> block_names_;
  TensorProbe probe_;
};
TORCH_MODULE(UNet);

}  // namespace atelier::engine
