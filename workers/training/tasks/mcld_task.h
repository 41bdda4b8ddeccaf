// Trains the MCLD networks of a model folder: denoising UNet, ReferenceNet, PoseGuider, image
// encoder and face Resampler, with the VAE and the face network frozen (MCLD, Section 3 and its
// train.py). A VAE of block cosines has only a decoder to train: with a decoded loss it is
// trained here too, on the latents that it will decode.
#pragma once

#include <memory>

#include "engine/schedulers/noise_schedule.h"
#include "training/data/steps_ahead.h"
#include "training/tasks/mcld_data.h"
#include "training/tasks/mcld_options.h"
#include "training/tasks/mcld_training.h"
#include "training/tasks/task.h"

namespace atelier::training {

class McldTask : public Task {
 public:
  McldTask(std::shared_ptr<const people::Body> body, McldTraining training,
           const McldTaskOptions& options, const RunState& state);

  at::Tensor NextLoss(at::Generator& generator) override;
  /// What the networks make of pure noise in one step, next to the warped texture and the truth.
  Result<std::string> Evaluate(const std::filesystem::path& folder) override;
  void SkipStep(at::Generator& generator) override { NextInputs(generator); }
  double TakeWaitedSeconds() override { return steps_.TakeWaitedSeconds(); }

 private:
  const McldInputs& NextInputs(at::Generator& generator);
  /// The networks' v for the inputs' noisy pictures.
  at::Tensor Predict(const McldInputs& inputs);

  std::shared_ptr<const people::Body> body_;
  McldTraining training_;
  engine::McldNetworks& networks_;
  McldTaskOptions options_;
  engine::NoiseSchedule schedule_;
  at::Tensor channel_weights_;
  McldData data_;
  StepsAhead<McldInputs> steps_;  // last: its thread uses what is above
};

}  // namespace atelier::training
