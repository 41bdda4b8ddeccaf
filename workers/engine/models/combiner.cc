#include "engine/models/combiner.h"

#include "engine/nn/unit_length.h"
#include "engine/weights/json_reader.h"

namespace atelier::engine {
namespace nn = torch::nn;
namespace {

constexpr double kDropRate = 0.5;

}  // namespace

Result<CombinerConfig> ParseCombinerConfig(const nlohmann::json& json) {
  CombinerConfig config;
  JsonReader reader(json, "combiner.config");
  reader.Optional("feature_dim", config.feature_dim, 1, 16384);
  reader.Optional("projection_dim", config.projection_dim, 1, 16384);
  reader.Optional("hidden_dim", config.hidden_dim, 1, 16384);
  ATELIER_RETURN_IF_ERROR(reader.Finish());
  return config;
}

CombinerImpl::CombinerImpl(const CombinerConfig& config) : config_(config) {
  const int64_t width = config.feature_dim, projected = config.projection_dim;
  kpt_projection_layer_ = register_module("kpt_projection_layer", Linear(width, projected));
  image_projection_layer_ = register_module("image_projection_layer", Linear(width, projected));
  combiner_layer_ = register_module("combiner_layer", Linear(2 * projected, config.hidden_dim));
  output_layer_ = register_module("output_layer", Linear(config.hidden_dim, width));
  scalar_hidden_ = Linear(2 * projected, config.hidden_dim);
  scalar_out_ = Linear(config.hidden_dim, 1);
  dropout1_ = register_module("dropout1", Dropout(kDropRate));
  dropout2_ = register_module("dropout2", Dropout(kDropRate));
  dropout3_ = register_module("dropout3", Dropout(kDropRate));
  scalar_dropout_ = Dropout(kDropRate);
  // dynamic_scalar.1 is the published ReLU, .4 the sigmoid.
  register_module("dynamic_scalar",
                  nn::ModuleList(scalar_hidden_, nn::Identity(), scalar_dropout_, scalar_out_));
}

at::Tensor CombinerImpl::forward(const at::Tensor& image, const at::Tensor& pose) {
  const at::Tensor projected_pose = dropout1_(at::relu(kpt_projection_layer_(pose)));
  const at::Tensor projected_image = dropout2_(at::relu(image_projection_layer_(image)));
  const at::Tensor joined = at::cat({projected_pose, projected_image}, -1);
  const at::Tensor combined = dropout3_(at::relu(combiner_layer_(joined)));
  const at::Tensor pose_share =
      at::sigmoid(scalar_out_(scalar_dropout_(at::relu(scalar_hidden_(joined)))));
  return UnitLength(output_layer_(combined) + pose_share * pose + (1 - pose_share) * image);
}

}  // namespace atelier::engine
