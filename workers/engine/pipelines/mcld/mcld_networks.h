// McldNetworks: MCLD's networks together (Multi-focal Conditioned Latent Diffusion, CVPR 2025):
// read from a model folder, conditions encoded once per picture.
//
// Mirrors the published Pose2ImageIpMultiPipeline. LibTorch's exceptions pass through, but for
// LoadMcldNetworks(), which returns them.
#pragma once

#include <torch/nn.h>

#include <cstdint>
#include <optional>
#include <vector>

#include "base/result.h"
#include "engine/model_folder/model_folder.h"
#include "engine/models/clip_vision.h"
#include "engine/models/pose_guider.h"
#include "engine/models/resampler.h"
#include "engine/models/texture_completion.h"
#include "engine/models/unet/unet.h"
#include "engine/models/vae.h"
#include "engine/painting/latent_pictures.h"
#include "engine/painting/load_networks.h"
#include "engine/pipelines/mcld/conditions.h"
#include "engine/pipelines/mcld/denoise.h"
#include "engine/pipelines/mcld/texture_prior.h"

namespace atelier::engine {

struct McldNetworks {
  AutoencoderKL vae{nullptr};
  UNet denoising_unet{nullptr};
  UNet reference_unet{nullptr};
  CLIPVisionModelWithProjection image_encoder{nullptr};
  Resampler face_resampler{nullptr};
  PoseGuider pose_guider{nullptr};
  /// Not a network: what the denoising one need not say.
  std::optional<TexturePrior> prior;
  /// Null in a model without one. Stays on the CPU: it reads and makes pictures.
  TextureCompletion completion{nullptr};

  /// `texture`, completed where the model can.
  TextureMap Completed(const TextureMap& texture) const;

  std::vector<NamedNetwork> All() const;
};

/// The UNets' configs of a model folder with what its conditioning adds: face tokens, their weight,
/// the joined latents. The trainer builds the same networks from them.
Result<UNetConfig> DenoisingUNetConfig(const ModelFolder& model);
Result<UNetConfig> ReferenceUNetConfig(const ModelFolder& model);

/// Channels of the pose guider's input.
int64_t PoseGuiderInputChannels(const ConditioningConfig& conditioning);

IuvEncoding IuvEncodingOf(const ConditioningConfig& conditioning);
ClipInput ClipInputOf(const ConditioningConfig& conditioning);

/// Whether every component that painting needs is described, and their sizes fit each other.
/// INVALID_ARGUMENT names the first that does not. No network is made.
Status CheckMcldConfigs(const ModelFolder& model);

/// Networks with random weights, as `model` sizes them. INVALID_ARGUMENT names the component whose
/// sizes do not fit the others.
Result<McldNetworks> MakeMcldNetworks(const ModelFolder& model);

/// Fills the texture completion, if the model has one.
Status LoadCompletion(const ModelFolder& model, McldNetworks& networks);

/// MakeMcldNetworks(), the folder's weights, evaluation mode, `device` and `dtype`.
Result<McldNetworks> LoadMcldNetworks(const ModelFolder& model, at::Device device,
                                      at::ScalarType dtype);

/// B pictures' conditions as tensors, float32, any device.
struct ConditionInputs {
  // The source's.
  at::Tensor source_clip_pixels;   // [B, 3, size, size], ClipPixels()
  at::Tensor texture_clip_pixels;  // [B, 3, size, size]
  at::Tensor texture;              // [B, 3, texture height, texture width] in 0..1
  at::Tensor face_embedding;       // [B, embedding]; zeros = no face seen
  // The pose's.
  at::Tensor iuv;   // [B, 3, H, W] uint8 (I, U, V)
  at::Tensor warp;  // [B, 4, H, W], WarpTensor(); unread without a texture warp
};

/// Runs every network but the denoising one. Results have the networks' device and dtype.
EncodedConditions EncodeConditions(McldNetworks& networks, const ConditioningConfig& conditioning,
                                   const ConditionInputs& inputs);

/// The source's part of it; the pose's inputs are not read.
SourceConditions EncodeSource(McldNetworks& networks, const ConditioningConfig& conditioning,
                              const ConditionInputs& inputs);

/// The rest of it; the source's inputs are not read. `source` has as many rows as `inputs`, or one.
EncodedConditions EncodePose(McldNetworks& networks, const ConditioningConfig& conditioning,
                             const ConditionInputs& inputs, SourceConditions source);

}  // namespace atelier::engine
