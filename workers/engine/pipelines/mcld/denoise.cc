#include "engine/pipelines/mcld/denoise.h"

#include <ATen/CPUGeneratorImpl.h>

#include <vector>

namespace atelier::engine {
namespace {

/// `x` twice along the batch when guided: the pose is not dropped for the unconditional rows.
at::Tensor ForEveryRow(const at::Tensor& x, bool guided) {
  return guided && x.defined() ? at::cat({x, x}, 0) : x;
}

}  // namespace

at::Tensor SeededNoise(std::span<const uint64_t> seeds, int64_t channels, int64_t height,
                       int64_t width) {
  std::vector<at::Tensor> noise;
  noise.reserve(seeds.size());
  for (const uint64_t seed : seeds) {
    const at::Generator generator = at::detail::createCPUGenerator(seed);
    noise.push_back(
        at::randn({1, channels, height, width}, generator, at::TensorOptions().dtype(at::kFloat)));
  }
  return at::cat(noise, 0);
}

Result<at::Tensor> Denoise(UNet& unet, Scheduler& scheduler, const EncodedConditions& conditions,
                           const at::Tensor& noise, double guidance,
                           const DenoiseCallback& on_step) {
  const bool guided = guidance > 1.0;
  const at::Tensor pose = ForEveryRow(conditions.pose_features, guided);
  const at::Tensor extra = ForEveryRow(conditions.extra_latents, guided);
  const PreparedConditions prepared = unet->Prepare(conditions.tokens, &conditions.reference);

  const auto compute = conditions.pose_features.options();  // the network's device and dtype
  at::Tensor latents = noise.to(compute.device());
  const int64_t rows = latents.size(0) * (guided ? 2 : 1);
  DenoiseStep state;
  for (const int64_t timestep : scheduler.timesteps()) {
    const int step = state.step;
    const at::Tensor timesteps = at::full({rows}, timestep, compute.dtype(at::kLong));
    const at::Tensor picture_timesteps = timesteps.slice(0, 0, latents.size(0));
    const at::Tensor read =
        conditions.prior
            ? conditions.prior->Input(latents, conditions.extra_latents, picture_timesteps)
            : latents;
    at::Tensor sample = ForEveryRow(read, guided).to(compute);
    if (extra.defined()) sample = at::cat({sample, extra}, 1);
    state.prediction_rows = unet->Forward(sample, timesteps, prepared, pose).to(at::kFloat);
    state.prediction = state.prediction_rows;
    if (guided) {
      const auto halves = state.prediction_rows.chunk(2);
      state.prediction = halves[0] + guidance * (halves[1] - halves[0]);
    }
    if (conditions.prior) {
      state.prediction = conditions.prior->Velocity(state.prediction, latents,
                                                    conditions.extra_latents, picture_timesteps);
    }
    if (on_step)
      state.original_latents = scheduler.PredictOriginal(state.prediction, step, latents);
    latents = scheduler.Step(state.prediction, step, latents);
    state.latents = latents;
    state.timestep = timestep;
    ++state.step;
    if (on_step && !on_step(state))
      return MakeError(Code::kCancelled, "CANCELLED",
                       "stopped after step " + std::to_string(state.step));
  }
  return latents;
}

}  // namespace atelier::engine
