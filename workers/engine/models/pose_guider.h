// PoseGuider (MCLD, after AnimateAnyone and ControlNet; FPDM's pose_t_proj): the target pose's
// picture -> features that are added after the denoising UNet's first convolution.
#pragma once

#include <torch/nn.h>

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <vector>

#include "base/result.h"
#include "engine/nn/layers.h"

namespace atelier::engine {

struct PoseGuiderConfig {
  /// Width of the features: the UNet's first level.
  int64_t conditioning_embedding_channels = 320;
  /// Channels of the pose picture, any number.
  int64_t conditioning_channels = 3;
  std::vector<int64_t> block_out_channels = {16, 32, 96, 256};

  /// Pixels to one feature, a side.
  int64_t scale() const { return int64_t{1} << (block_out_channels.size() - 1); }
};

Result<PoseGuiderConfig> ParsePoseGuiderConfig(const nlohmann::json& json);

class PoseGuiderImpl : public torch::nn::Module {
 public:
  explicit PoseGuiderImpl(const PoseGuiderConfig& config);
  /// [B, conditioning_channels, H, W] -> [B, conditioning_embedding_channels, H/8, W/8] (with four
  /// levels).
  at::Tensor forward(const at::Tensor& pose);
  /// Starts the features at zero, as ControlNet does, so that training begins from the UNet alone.
  void ZeroOutput();

 private:
  Conv2d conv_in_{nullptr}, conv_out_{nullptr};
  torch::nn::ModuleList blocks_{nullptr};
};
TORCH_MODULE(PoseGuider);

}  // namespace atelier::engine
