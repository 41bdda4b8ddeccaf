// FaceNetwork: our own small residual network, a face crop -> a unit-length identity embedding. It
// takes the place that ArcFace has in full-size MCLD.
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

struct FaceNetworkConfig {
  /// Side of the square crop it reads.
  int64_t size = 64;
  /// Width of each level; each next one is half as large.
  std::vector<int64_t> channels = {32, 64, 96, 128};
  int64_t norm_num_groups = 8;
  int64_t embedding_size = 512;
};

Result<FaceNetworkConfig> ParseFaceNetworkConfig(const nlohmann::json& json);

class FaceNetworkImpl : public torch::nn::Module {
 public:
  explicit FaceNetworkImpl(const FaceNetworkConfig& config);

  /// Crop [B, 3, size, size] in -1..1 -> [B, embedding_size], each of length 1.
  at::Tensor forward(const at::Tensor& crop);
  /// What the rest of Atelier takes for a face: forward() of the crop and of its mirror image
  /// together, again of length 1. The embedding does not depend on which way the face looks.
  at::Tensor Embed(const at::Tensor& crop);
  const FaceNetworkConfig& config() const { return config_; }

 private:
  FaceNetworkConfig config_;
  Conv2d conv_in_{nullptr};
  torch::nn::ModuleList blocks_{nullptr}, downsamplers_{nullptr};
  torch::nn::GroupNorm norm_out_{nullptr};
  Linear embedding_{nullptr};
};
TORCH_MODULE(FaceNetwork);

}  // namespace atelier::engine
