// FPDM's stage 2: noise on the truth's latents, conditions of which some are dropped, and the error
// of what the denoising network predicts (the published FPDM.denoising_learning).
#pragma once

#include <ATen/ATen.h>

#include "engine/pipelines/fpdm/fpdm_conditions.h"
#include "engine/schedulers/noise_schedule.h"

namespace atelier::training {

/// Conditions that a step goes without: zeros stand in place of what the condition's network would
/// give, and that network does not run.
struct ConditionDrops {
  bool pose = false;
  bool source = false;
  bool fusion = false;
};

/// How often, each by itself; published: one draw for the whole batch.
struct ConditionDropRates {
  double pose = 0.2;
  double source = 0.2;
  double fusion = 0.2;
};

ConditionDrops DrawDrops(const ConditionDropRates& rates, at::Generator& generator);

/// Latents of level `t` and what is to be predicted of them.
struct NoisyLatents {
  at::Tensor noisy;       // [B, C, h, w]
  at::Tensor prediction;  // by the schedule's prediction type: v, the noise or the clean latents
};

/// `noise` [B, C, h, w] and one number more per channel, `offset` [B, C, 1, 1] times
/// `offset_weight` (published: 0.1). `t` int64 [B].
NoisyLatents AddTrainingNoise(const engine::NoiseSchedule& schedule, const at::Tensor& clean,
                              const at::Tensor& noise, const at::Tensor& offset,
                              double offset_weight, const at::Tensor& t);

/// What the networks predict for `noisy` at `t`. No gradient goes to stage 1, `image_encoder` and
/// `combiner`, whose dropout is as their mode says: published training leaves the combiner in
/// training mode. Where source and pose are dropped their networks get no gradient either.
at::Tensor PredictDenoised(engine::FpdmNetworks& networks, const engine::FpdmInputs& inputs,
                           const ConditionDrops& drops, const at::Tensor& noisy,
                           const at::Tensor& t);

/// Mean square error, channels counted by `channel_weights` [1, C, 1, 1]; published: ones.
at::Tensor DenoisingLoss(const at::Tensor& predicted, const NoisyLatents& latents,
                         const at::Tensor& channel_weights);

}  // namespace atelier::training
