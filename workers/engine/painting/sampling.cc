#include "engine/painting/sampling.h"

#include <ATen/ATen.h>

#include <string>

namespace atelier::engine {

Result<at::Tensor> Sample(Scheduler& scheduler, const SampleNoise& noise, at::Device device,
                          const Predictor& predict, const DenoiseCallback& on_step) {
  at::Tensor latents = noise.initial.to(device);
  DenoiseStep state;
  for (const int64_t timestep : scheduler.timesteps()) {
    const int step = state.step;
    const Prediction prediction = predict(latents, timestep);
    state.prediction_rows = prediction.rows;
    state.prediction = prediction.guided;
    if (on_step)
      state.original_latents = scheduler.PredictOriginal(state.prediction, step, latents);
    latents = scheduler.Step(state.prediction, step, latents);
    if (const double deviation = scheduler.AddedNoise(step); deviation > 0)
      latents = latents + deviation * noise.next().to(device);
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
