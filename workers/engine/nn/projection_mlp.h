// Two linear layers with a GELU between them, as FPDM projects its conditions: the source's tokens
// (ImageProjModel) and the fusion embedding that joins the time embedding (class_embed_type "mlp").
#pragma once

#include <torch/nn.h>

#include <cstdint>

#include "engine/nn/dropout.h"
#include "engine/nn/layers.h"

namespace atelier::engine {

struct ProjectionMlpOptions {
  int64_t in_channels = 0;
  int64_t hidden_channels = 0;
  int64_t out_channels = 0;
  /// A layer norm in front of the second layer.
  bool norm = false;
};

/// Keys net.0 (linear), net.3 (norm, or linear without one), net.4 (linear behind a norm). In
/// training a fifth of the numbers behind the GELU (net.2) and of the results are dropped.
class ProjectionMlpImpl : public torch::nn::Module {
 public:
  explicit ProjectionMlpImpl(const ProjectionMlpOptions& options);
  /// [..., in] -> [..., out]
  at::Tensor forward(const at::Tensor& x);

 private:
  Linear first_{nullptr}, second_{nullptr};
  Dropout inner_dropout_{nullptr}, outer_dropout_{nullptr};
  torch::nn::LayerNorm norm_{nullptr};
};
TORCH_MODULE(ProjectionMlp);

}  // namespace atelier::engine
