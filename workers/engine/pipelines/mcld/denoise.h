// MCLD's guided prediction: one network call per step for both halves of the guided batch.
//
// Everything that does not change between steps is projected before the first one. Rows of the
// guided batch: unconditional first; those never read the reference, so it exists for the
// conditional rows alone.
#pragma once

#include <torch/nn.h>

#include <optional>

#include "base/result.h"
#include "engine/models/unet/unet.h"
#include "engine/painting/sampling.h"
#include "engine/pipelines/mcld/texture_prior.h"
#include "engine/schedulers/scheduler.h"

namespace atelier::engine {

/// What the denoising network reads of the source of S pictures, whatever the pose.
struct SourceConditions {
  ConditionTokens tokens;       // [S, n, D] per stage
  ReferenceFeatures reference;  // [S, tokens, C] per transformer block
  at::Tensor texture_latents;   // [S, 4, h, w]: what the reference was read from
};

/// What the denoising network reads of B pictures; made once per picture, or the source's part,
/// which has one row then, once for all of them.
struct EncodedConditions : SourceConditions {
  at::Tensor pose_features;           // [B, block_out_channels[0], h, w]
  at::Tensor extra_latents;           // [B, extra_in_channels, h, w]; undefined when there are none
  std::optional<TexturePrior> prior;  // about the first extra latents; none as published
};

/// What the loop reads at every step of `conditions`, whose tokens and reference are projected
/// here, once. `guidance` > 1 runs the unconditional rows too. `unet` and `conditions` must outlive
/// it.
Predictor GuidedPredictor(UNet& unet, const EncodedConditions& conditions, double guidance);

/// Sample() by GuidedPredictor().
Result<at::Tensor> Denoise(UNet& unet, Scheduler& scheduler, const EncodedConditions& conditions,
                           const SampleNoise& noise, double guidance,
                           const DenoiseCallback& on_step);

}  // namespace atelier::engine
