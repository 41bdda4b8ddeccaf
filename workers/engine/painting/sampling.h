// The sampling loop of every pipeline: from noise to latents, one prediction and one scheduler step
// per timestep.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>

#include "base/result.h"
#include "engine/painting/sample_noise.h"
#include "engine/schedulers/scheduler.h"

namespace atelier::engine {

/// After one step; tensors are valid during the call alone.
struct DenoiseStep {
  int step = 0;  // 1..steps
  int64_t timestep = 0;
  at::Tensor prediction;        // guided, as the scheduler reads it, [B, C, h, w]
  at::Tensor prediction_rows;   // the network's own output, unconditional rows first
  at::Tensor latents;           // after the step
  at::Tensor original_latents;  // the clean latents that the step aims at
};

/// Returns false to stop.
using DenoiseCallback = std::function<bool(const DenoiseStep&)>;

/// What a pipeline predicts of `latents` [B, C, h, w] float32 at a timestep.
struct Prediction {
  at::Tensor guided;  // float32 [B, C, h, w]
  at::Tensor rows;    // the network's own output
};
using Predictor = std::function<Prediction(const at::Tensor& latents, int64_t timestep)>;

/// Denoises `noise.initial` on `device` over scheduler.timesteps(), from its first. CANCELLED when
/// `on_step` (may be empty) returned false; throws what LibTorch throws. REQUIRES: noise.next where
/// the scheduler adds noise.
Result<at::Tensor> Sample(Scheduler& scheduler, const SampleNoise& noise, at::Device device,
                          const Predictor& predict, const DenoiseCallback& on_step);

}  // namespace atelier::engine
