// Sizes of FPDM's networks as a model folder gives them, each and together.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>

#include "base/result.h"
#include "engine/model_folder/model_folder.h"
#include "engine/models/clip_vision.h"
#include "engine/models/combiner.h"
#include "engine/models/dinov2.h"
#include "engine/models/pose_guider.h"
#include "engine/models/unet/unet_config.h"
#include "engine/models/vae.h"
#include "engine/nn/projection_mlp.h"

namespace atelier::engine {

struct FpdmConfigs {
  VaeConfig vae;
  UNetConfig denoising;
  PoseGuiderConfig pose_encoder;
  ProjectionMlpOptions source_projection;
  /// One of the two, by conditioning.fpdm.source_encoder.
  std::optional<Dinov2Config> dinov2_source;
  std::optional<ClipVisionConfig> clip_source;
  /// There unless conditioning.fpdm.fusion is "none".
  std::optional<ClipVisionConfig> image_encoder;
  /// There when it is "fused".
  std::optional<CombinerConfig> combiner;
};

/// Published: {"in_dim": 1024, "hidden_dim": 768, "out_dim": 1024}, the defaults.
Result<ProjectionMlpOptions> ParseSourceProjectionConfig(const nlohmann::json& json);

/// Whether every component that painting needs is described, and their sizes fit each other.
/// INVALID_ARGUMENT names the first that does not.
Result<FpdmConfigs> ReadFpdmConfigs(const ModelFolder& model);

}  // namespace atelier::engine
