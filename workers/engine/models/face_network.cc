#include "engine/models/face_network.h"

#include <nlohmann/json.hpp>

#include "engine/nn/layers.h"
#include "engine/weights/json_reader.h"

namespace atelier::engine {
namespace {

constexpr double kNormEps = 1e-5;

int64_t FinalSide(const FaceNetworkConfig& config) {
  // conv_in keeps the size; every downsampler halves it, rounding up.
  int64_t side = config.size;
  for (size_t level = 0; level < config.channels.size(); ++level) side = (side + 1) / 2;
  return side;
}

}  // namespace

Result<FaceNetworkConfig> ParseFaceNetworkConfig(const nlohmann::json& json) {
  FaceNetworkConfig config;
  JsonReader reader(json, "face_network.config");
  reader.Optional("size", config.size, 16, 512);
  reader.Optional("channels", config.channels, 1, 2048);
  reader.Optional("norm_num_groups", config.norm_num_groups, 1, 256);
  reader.Optional("embedding_size", config.embedding_size, 1, 4096);
  for (const int64_t channels : config.channels) {
    if (channels % config.norm_num_groups == 0) continue;
    reader.Refuse("channels", "multiples of norm_num_groups", std::to_string(channels));
  }
  ATELIER_RETURN_IF_ERROR(reader.FinishStrict());
  return config;
}

FaceNetworkImpl::FaceNetworkImpl(const FaceNetworkConfig& config) : config_(config) {
  namespace nn = torch::nn;
  const std::vector<int64_t>& widths = config.channels;
  conv_in_ = register_module("conv_in", MakeConv3x3(3, widths.front()));
  blocks_ = register_module("blocks", nn::ModuleList());
  downsamplers_ = register_module("downsamplers", nn::ModuleList());
  for (size_t level = 0; level < widths.size(); ++level) {
    const int64_t in = level == 0 ? widths[0] : widths[level - 1];
    downsamplers_->push_back(Downsample2D(in));
    blocks_->push_back(ResnetBlock2D(ResnetBlockOptions{.in_channels = in,
                                                        .out_channels = widths[level],
                                                        .time_channels = 0,
                                                        .groups = config.norm_num_groups,
                                                        .eps = kNormEps}));
  }
  norm_out_ =
      register_module("norm_out", MakeGroupNorm(config.norm_num_groups, widths.back(), kNormEps));
  const int64_t side = FinalSide(config);
  embedding_ =
      register_module("embedding", Linear(widths.back() * side * side, config.embedding_size));
}

at::Tensor FaceNetworkImpl::forward(const at::Tensor& crop) {
  at::Tensor x = conv_in_(crop);
  for (size_t level = 0; level < blocks_->size(); ++level) {
    x = downsamplers_[level]->as<Downsample2DImpl>()->forward(x);
    x = blocks_[level]->as<ResnetBlock2DImpl>()->forward(x);
  }
  x = embedding_(at::silu(norm_out_(x)).flatten(1)).to(at::kFloat);
  return x / x.norm(2, 1, true).clamp_min(1e-6);
}

at::Tensor FaceNetworkImpl::Embed(const at::Tensor& crop) {
  const at::Tensor both = forward(at::cat({crop, crop.flip({3})}));
  const at::Tensor sum = both.slice(0, 0, crop.size(0)) + both.slice(0, crop.size(0));
  return sum / sum.norm(2, 1, true).clamp_min(1e-6);
}

}  // namespace atelier::engine
