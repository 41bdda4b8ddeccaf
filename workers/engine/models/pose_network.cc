#include "engine/models/pose_network.h"

#include <nlohmann/json.hpp>

#include "base/body.h"
#include "engine/nn/layers.h"
#include "engine/weights/json_reader.h"

namespace atelier::engine {
namespace {

constexpr int64_t kPartMaps = kBodyPartCount + 1;
constexpr int64_t kUvMaps = 2 * kBodyPartCount;
constexpr double kNormEps = 1e-5;

}  // namespace

Result<PoseNetworkConfig> ParsePoseNetworkConfig(const nlohmann::json& json) {
  PoseNetworkConfig config;
  JsonReader reader(json, "pose_network.config");
  reader.Optional("height", config.height, 32, 1024);
  reader.Optional("width", config.width, 32, 1024);
  reader.Optional("channels", config.channels, 1, 2048);
  reader.Optional("norm_num_groups", config.norm_num_groups, 1, 256);
  for (const int64_t channels : config.channels) {
    if (channels % config.norm_num_groups == 0) continue;
    reader.Refuse("channels", "multiples of norm_num_groups", std::to_string(channels));
  }
  if (config.channels.size() < 2)
    reader.Refuse("channels", "at least two levels", std::to_string(config.channels.size()));
  ATELIER_RETURN_IF_ERROR(reader.FinishStrict());
  return config;
}

PoseNetworkImpl::PoseNetworkImpl(const PoseNetworkConfig& config) : config_(config) {
  namespace nn = torch::nn;
  const std::vector<int64_t>& widths = config.channels;
  const auto resnet = [&](int64_t in, int64_t out) {
    return ResnetBlock2D(ResnetBlockOptions{.in_channels = in,
                                            .out_channels = out,
                                            .time_channels = 0,
                                            .groups = config.norm_num_groups,
                                            .eps = kNormEps});
  };
  conv_in_ = register_module("conv_in",
                             Conv2d(nn::Conv2dOptions(3, widths.front(), 5).stride(2).padding(2)));
  down_ = register_module("down", nn::ModuleList());
  downsamplers_ = register_module("downsamplers", nn::ModuleList());
  up_ = register_module("up", nn::ModuleList());
  upsamplers_ = register_module("upsamplers", nn::ModuleList());
  for (size_t level = 0; level < widths.size(); ++level) {
    down_->push_back(resnet(level == 0 ? widths[0] : widths[level - 1], widths[level]));
    if (level + 1 < widths.size()) downsamplers_->push_back(Downsample2D(widths[level]));
  }
  middle_ = register_module("middle", resnet(widths.back(), widths.back()));
  // up[i] ends at level size - 2 - i.
  for (size_t level = widths.size() - 1; level > 0; --level) {
    upsamplers_->push_back(Upsample2D(widths[level]));
    up_->push_back(resnet(widths[level] + widths[level - 1], widths[level - 1]));
  }
  norm_parts_ =
      register_module("norm_parts", MakeGroupNorm(config.norm_num_groups, widths[0], kNormEps));
  conv_parts_ = register_module("conv_parts", MakeConv3x3(widths[0], kPartMaps + kUvMaps));
  norm_heat_ =
      register_module("norm_heat", MakeGroupNorm(config.norm_num_groups, widths[1], kNormEps));
  conv_heat_ = register_module("conv_heat", MakeConv3x3(widths[1], kKeypointCount));
}

PoseMaps PoseNetworkImpl::forward(const at::Tensor& picture) {
  std::vector<at::Tensor> skips;
  at::Tensor x = conv_in_(picture);
  for (size_t level = 0; level < down_->size(); ++level) {
    if (level > 0) x = downsamplers_[level - 1]->as<Downsample2DImpl>()->forward(x);
    x = down_[level]->as<ResnetBlock2DImpl>()->forward(x);
    skips.push_back(x);
  }
  x = middle_(x);
  PoseMaps maps;
  for (size_t i = 0; i < up_->size(); ++i) {
    const at::Tensor& skip = skips[skips.size() - 2 - i];
    x = upsamplers_[i]->as<Upsample2DImpl>()->forward(
        x, std::array<int64_t, 2>{skip.size(2), skip.size(3)});
    x = up_[i]->as<ResnetBlock2DImpl>()->forward(at::cat({x, skip}, 1));
    if (i + 2 == up_->size()) maps.heat = conv_heat_(at::silu(norm_heat_(x)));
  }
  const at::Tensor full = conv_parts_(at::silu(norm_parts_(x)));  // [B, 73, H/2, W/2]
  maps.parts = full.slice(1, 0, kPartMaps);
  maps.uv = at::sigmoid(full.slice(1, kPartMaps));
  return maps;
}

}  // namespace atelier::engine
