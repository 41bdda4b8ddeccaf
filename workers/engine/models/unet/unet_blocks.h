// Levels of a UNet: residual blocks, transformers where the level has attention, and the step to
// the next level. Member names equal diffusers' keys.
#pragma once

#include <torch/nn.h>

#include <cstdint>
#include <string>
#include <vector>

#include "engine/models/unet/unet_conditions.h"
#include "engine/nn/resample.h"
#include "engine/nn/resnet_block.h"
#include "engine/nn/transformer_block.h"

namespace atelier::engine {

/// What one forward pass carries through the levels.
struct UNetPass {
  /// [B, time_channels].
  torch::Tensor time_embedding;
  const PreparedConditions* conditions = nullptr;
  /// When set, receives every transformer block's features, in forward order.
  std::vector<torch::Tensor>* features = nullptr;
  /// Transformer blocks passed so far.
  size_t next_block = 0;
};

/// Sizes of one level.
struct UNetLevelOptions {
  int64_t in_channels = 0;
  int64_t out_channels = 0;
  int64_t layers = 1;
  int64_t time_channels = 0;
  double norm_eps = 1e-5;
  bool attention = false;
  /// Downsamples (down levels) or upsamples (up levels) at the end.
  bool resample = false;
  TransformerOptions transformer;
};

/// Residual blocks and transformers in turns; the part that all levels share.
class UNetLevel : public torch::nn::Module {
 public:
  /// Transformers of this level, in forward order.
  const std::vector<Transformer2D>& transformers() const { return transformers_; }

 protected:
  void AddResnet(int64_t in_channels, const UNetLevelOptions& options);
  void AddTransformer(const UNetLevelOptions& options);
  void RegisterLayers();
  torch::Tensor Resnet(size_t i, const torch::Tensor& x, const UNetPass& pass);
  torch::Tensor Transform(size_t i, const torch::Tensor& x, UNetPass& pass);

  std::vector<ResnetBlock2D> resnets_;
  std::vector<Transformer2D> transformers_;
};

/// CrossAttnDownBlock2D or DownBlock2D.
class UNetDownLevelImpl : public UNetLevel {
 public:
  explicit UNetDownLevelImpl(const UNetLevelOptions& options);
  /// Appends every layer's output to `skips`.
  torch::Tensor forward(torch::Tensor x, UNetPass& pass, std::vector<torch::Tensor>& skips);

 private:
  Downsample2D downsampler_{nullptr};
};
TORCH_MODULE(UNetDownLevel);

/// UNetMidBlock2DCrossAttn.
class UNetMidLevelImpl : public UNetLevel {
 public:
  explicit UNetMidLevelImpl(const UNetLevelOptions& options);
  torch::Tensor forward(torch::Tensor x, UNetPass& pass);
};
TORCH_MODULE(UNetMidLevel);

/// CrossAttnUpBlock2D or UpBlock2D. in_channels is the width of the next finer level.
class UNetUpLevelImpl : public UNetLevel {
 public:
  UNetUpLevelImpl(const UNetLevelOptions& options, int64_t previous_channels);
  /// Takes its layers' skips from the back of `skips`; enlarges to the size of the next one.
  torch::Tensor forward(torch::Tensor x, UNetPass& pass, std::vector<torch::Tensor>& skips);

 private:
  Upsample2D upsampler_{nullptr};
};
TORCH_MODULE(UNetUpLevel);

}  // namespace atelier::engine
