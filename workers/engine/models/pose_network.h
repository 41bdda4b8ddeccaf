// PoseNetwork: our own small U-Net that reads a person's pose from a picture: DensePose parts with
// their U and V, and heat maps of OpenPose's 18 keypoints. It works at half the picture's size.
#pragma once

#include <torch/nn.h>

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <vector>

#include "base/result.h"
#include "engine/nn/layers.h"
#include "engine/nn/resample.h"
#include "engine/nn/resnet_block.h"

namespace atelier::engine {

struct PoseNetworkConfig {
  /// Pixels of the picture it reads.
  int64_t height = 256;
  int64_t width = 176;
  /// Widths from half the picture's size down; each next level is half as large again.
  std::vector<int64_t> channels = {32, 48, 64, 96, 128};
  int64_t norm_num_groups = 8;
};

Result<PoseNetworkConfig> ParsePoseNetworkConfig(const nlohmann::json& json);

struct PoseMaps {
  /// [B, 25, H/2, W/2]: logits of background and the 24 parts.
  at::Tensor parts;
  /// [B, 48, H/2, W/2] in 0..1: U of parts 1..24, then V of parts 1..24.
  at::Tensor uv;
  /// [B, 18, H/4, W/4]: logits; the sigmoid's peak is at the keypoint.
  at::Tensor heat;
};

class PoseNetworkImpl : public torch::nn::Module {
 public:
  explicit PoseNetworkImpl(const PoseNetworkConfig& config);

  /// Picture [B, 3, H, W] in -1..1.
  PoseMaps forward(const at::Tensor& picture);
  const PoseNetworkConfig& config() const { return config_; }

 private:
  PoseNetworkConfig config_;
  Conv2d conv_in_{nullptr};
  torch::nn::ModuleList down_{nullptr}, downsamplers_{nullptr}, up_{nullptr}, upsamplers_{nullptr};
  ResnetBlock2D middle_{nullptr};
  torch::nn::GroupNorm norm_parts_{nullptr}, norm_heat_{nullptr};
  Conv2d conv_parts_{nullptr}, conv_heat_{nullptr};
};
TORCH_MODULE(PoseNetwork);

}  // namespace atelier::engine
