#include "engine/models/pose_guider.h"

#include "engine/weights/json_reader.h"

namespace atelier::engine {
namespace nn = torch::nn;
namespace {

Conv2d Conv(int64_t in, int64_t out, int64_t stride = 1) {
  return Conv2d(nn::Conv2dOptions(in, out, 3).padding(1).stride(stride));
}

}  // namespace

Result<PoseGuiderConfig> ParsePoseGuiderConfig(const nlohmann::json& json) {
  PoseGuiderConfig config;
  JsonReader reader(json, "pose_guider.config");
  reader.Optional("conditioning_embedding_channels", config.conditioning_embedding_channels, 1,
                  8192);
  reader.Optional("conditioning_channels", config.conditioning_channels, 1, 256);
  reader.Optional("block_out_channels", config.block_out_channels, 1, 8192);
  ATELIER_RETURN_IF_ERROR(reader.Finish());
  return config;
}

PoseGuiderImpl::PoseGuiderImpl(const PoseGuiderConfig& config) {
  const std::vector<int64_t>& widths = config.block_out_channels;
  conv_in_ = register_module("conv_in", Conv(config.conditioning_channels, widths.front()));
  blocks_ = register_module("blocks", nn::ModuleList());
  for (size_t i = 0; i + 1 < widths.size(); ++i) {
    blocks_->push_back(Conv(widths[i], widths[i]));
    blocks_->push_back(Conv(widths[i], widths[i + 1], /*stride=*/2));
  }
  conv_out_ =
      register_module("conv_out", Conv(widths.back(), config.conditioning_embedding_channels));
}

at::Tensor PoseGuiderImpl::forward(const at::Tensor& pose) {
  at::Tensor x = at::silu(conv_in_(pose));
  for (const auto& block : *blocks_) x = at::silu(block->as<Conv2d>()->forward(x));
  return conv_out_(x);
}

void PoseGuiderImpl::ZeroOutput() {
  const at::NoGradGuard no_grad;
  conv_out_->weight.zero_();
  conv_out_->bias.zero_();
}

}  // namespace atelier::engine
