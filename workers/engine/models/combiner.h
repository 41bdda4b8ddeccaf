// Combiner (FPDM's stage 1, after Baldrati et al. 2022): fuses the embeddings of a person's picture
// and of a target pose's into one that is trained to equal the target picture's.
#pragma once

#include <torch/nn.h>

#include <cstdint>
#include <nlohmann/json_fwd.hpp>

#include "base/result.h"
#include "engine/nn/dropout.h"
#include "engine/nn/layers.h"

namespace atelier::engine {

struct CombinerConfig {
  /// Width of the embeddings: the image encoder's projection_dim.
  int64_t feature_dim = 768;
  /// Width of each embedding's own projection.
  int64_t projection_dim = 768;
  /// Width behind the joined projections.
  int64_t hidden_dim = 768;
};

Result<CombinerConfig> ParseCombinerConfig(const nlohmann::json& json);

/// Module names equal the published keys. `logit_scale` of the published class is not there: it is
/// no parameter that anything reads.
class CombinerImpl : public torch::nn::Module {
 public:
  explicit CombinerImpl(const CombinerConfig& config);

  /// `image`, `pose` [B, feature_dim] -> [B, feature_dim] of length 1. In training mode half of the
  /// hidden numbers are dropped.
  at::Tensor forward(const at::Tensor& image, const at::Tensor& pose);
  const CombinerConfig& config() const { return config_; }

 private:
  CombinerConfig config_;
  Linear kpt_projection_layer_{nullptr}, image_projection_layer_{nullptr};
  Linear combiner_layer_{nullptr}, output_layer_{nullptr};
  /// Behind the pose's projection, the image's, the joined layer and the scalar's.
  Dropout dropout1_{nullptr}, dropout2_{nullptr}, dropout3_{nullptr}, scalar_dropout_{nullptr};
  /// How much of the pose's embedding and how much of the image's is passed on as it is.
  Linear scalar_hidden_{nullptr}, scalar_out_{nullptr};
};
TORCH_MODULE(Combiner);

}  // namespace atelier::engine
