// The guided denoising loop: from noise and conditions to latents, one network call per step.
//
// Everything that does not change between steps is projected before the first one. Rows of the
// guided batch: unconditional first; those never read the reference, so it exists for the
// conditional rows alone.
#pragma once

#include <torch/nn.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <span>

#include "base/result.h"
#include "engine/models/unet/unet.h"
#include "engine/pipelines/mcld/texture_prior.h"
#include "engine/schedulers/scheduler.h"

namespace atelier::engine {

/// What the denoising network reads of B pictures; made once per picture.
struct EncodedConditions {
  ConditionTokens tokens;             // [B, n, D] per stage
  ReferenceFeatures reference;        // [B, tokens, C] per transformer block
  at::Tensor pose_features;           // [B, block_out_channels[0], h, w]
  at::Tensor extra_latents;           // [B, extra_in_channels, h, w]; undefined when there are none
  at::Tensor texture_latents;         // [B, 4, h, w]: what the reference was read from
  std::optional<TexturePrior> prior;  // about the first extra latents; none as published
};

/// After one step; tensors are valid during the call alone.
struct DenoiseStep {
  int step = 0;  // 1..steps
  int64_t timestep = 0;
  at::Tensor prediction;        // guided, the prior's share with it, [B, 4, h, w]
  at::Tensor prediction_rows;   // the network's own output, unconditional rows first
  at::Tensor latents;           // after the step
  at::Tensor original_latents;  // the clean latents that the step aims at
};

/// Returns false to stop.
using DenoiseCallback = std::function<bool(const DenoiseStep&)>;

/// Noise as PyTorch's CPU generator draws it from each seed by itself, so that a picture does not
/// depend on its neighbours in the batch: [seeds, channels, height, width] float32.
at::Tensor SeededNoise(std::span<const uint64_t> seeds, int64_t channels, int64_t height,
                       int64_t width);

/// Denoises `noise` [B, 4, h, w] float32 over scheduler.timesteps(), from its first. `guidance` > 1
/// runs the unconditional rows too. CANCELLED when `on_step` (may be empty) returned false; throws
/// what LibTorch throws.
Result<at::Tensor> Denoise(UNet& unet, Scheduler& scheduler, const EncodedConditions& conditions,
                           const at::Tensor& noise, double guidance,
                           const DenoiseCallback& on_step);

}  // namespace atelier::engine
