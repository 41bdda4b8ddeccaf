#include "engine/pipelines/mcld/denoise.h"

#include "engine/models/unet/share_conditions.h"

namespace atelier::engine {
namespace {

/// `x` twice along the batch when guided: the pose is not dropped for the unconditional rows.
at::Tensor ForEveryRow(const at::Tensor& x, bool guided) {
  return guided && x.defined() ? at::cat({x, x}, 0) : x;
}

}  // namespace

Predictor GuidedPredictor(UNet& unet, const EncodedConditions& conditions, double guidance) {
  const bool guided = guidance > 1.0;
  const at::Tensor pose = ForEveryRow(conditions.pose_features, guided);
  const at::Tensor extra = ForEveryRow(conditions.extra_latents, guided);
  const PreparedConditions prepared = ShareAmong(
      unet->Prepare(conditions.tokens, &conditions.reference), conditions.pose_features.size(0));

  return [=, &unet, &conditions](const at::Tensor& latents, int64_t timestep) {
    const auto compute = conditions.pose_features.options();  // the network's device and dtype
    const int64_t rows = latents.size(0) * (guided ? 2 : 1);
    const at::Tensor timesteps = at::full({rows}, timestep, compute.dtype(at::kLong));
    const at::Tensor picture_timesteps = timesteps.slice(0, 0, latents.size(0));
    const at::Tensor read =
        conditions.prior
            ? conditions.prior->Input(latents, conditions.extra_latents, picture_timesteps)
            : latents;
    at::Tensor sample = ForEveryRow(read, guided).to(compute);
    if (extra.defined()) sample = at::cat({sample, extra}, 1);
    Prediction prediction;
    prediction.rows = unet->Forward(sample, timesteps, prepared, pose).to(at::kFloat);
    prediction.guided = prediction.rows;
    if (guided) {
      const auto halves = prediction.rows.chunk(2);
      prediction.guided = halves[0] + guidance * (halves[1] - halves[0]);
    }
    if (conditions.prior) {
      prediction.guided = conditions.prior->Velocity(prediction.guided, latents,
                                                     conditions.extra_latents, picture_timesteps);
    }
    return prediction;
  };
}

Result<at::Tensor> Denoise(UNet& unet, Scheduler& scheduler, const EncodedConditions& conditions,
                           const SampleNoise& noise, double guidance,
                           const DenoiseCallback& on_step) {
  return Sample(scheduler, noise, conditions.pose_features.device(),
                GuidedPredictor(unet, conditions, guidance), on_step);
}

}  // namespace atelier::engine
