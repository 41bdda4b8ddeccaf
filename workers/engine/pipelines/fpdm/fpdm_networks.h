// FpdmNetworks: FPDM's networks together (Fusion Embedding for Pose-Guided Person Image Synthesis
// with Diffusion Model), read from a model folder. Stage 1, Image-Pose Fusion, is `image_encoder`
// and `combiner`; stage 2 the others.
#pragma once

#include <torch/nn.h>

#include <vector>

#include "base/result.h"
#include "engine/model_folder/model_folder.h"
#include "engine/models/clip_vision.h"
#include "engine/models/combiner.h"
#include "engine/models/dinov2.h"
#include "engine/models/pose_guider.h"
#include "engine/models/unet/unet.h"
#include "engine/models/vae.h"
#include "engine/nn/projection_mlp.h"
#include "engine/painting/load_networks.h"
#include "engine/pipelines/fpdm/fpdm_configs.h"

namespace atelier::engine {

struct FpdmNetworks {
  AutoencoderKL vae{nullptr};
  UNet denoising_unet{nullptr};
  /// The published pose_t_proj: the class that MCLD calls its pose guider.
  PoseGuider pose_encoder{nullptr};
  /// One of the two: what reads the source for cross-attention.
  Dinov2Model dinov2_source{nullptr};
  CLIPVisionModelWithProjection clip_source{nullptr};
  ProjectionMlp source_projection{nullptr};
  /// Null without a fusion. One encoder reads source and pose pictures alike.
  CLIPVisionModelWithProjection image_encoder{nullptr};
  /// Null unless the fusion is "fused".
  Combiner combiner{nullptr};

  std::vector<NamedNetwork> All() const;
};

/// Networks with random weights, as `model` sizes them. INVALID_ARGUMENT names the component whose
/// sizes do not fit the others.
Result<FpdmNetworks> MakeFpdmNetworks(const ModelFolder& model);

/// MakeFpdmNetworks(), the folder's weights, evaluation mode, `device` and `dtype`.
Result<FpdmNetworks> LoadFpdmNetworks(const ModelFolder& model, at::Device device,
                                      at::ScalarType dtype);

}  // namespace atelier::engine
