// Trains the VAE on rendered pictures, texture atlases and warped pictures: all three are encoded
// when painting.
#pragma once

#include <memory>

#include "engine/models/vae.h"
#include "training/data/cut_size.h"
#include "training/data/pairs.h"
#include "training/data/reused_batch.h"
#include "training/data/steps_ahead.h"
#include "training/tasks/task.h"

namespace atelier::training {

struct VaeTaskOptions {
  PairOptions pair;
  int batch = 8;
  int render_threads = 1;
  double gradient_weight = 1.0;
  double colour_weight = 4.0;
  double kl_weight = 1e-6;
  /// Each rendered pair takes part in this many batches in a row.
  int reuse = 3;
  /// Sides of the random cuts that are trained on, multiples of 8.
  int crop_height = kCutHeight;
  int crop_width = kCutWidth;
  std::string device = "cpu";
};

class VaeTask : public Task {
 public:
  VaeTask(std::shared_ptr<const people::Body> body, engine::AutoencoderKL vae,
          const VaeTaskOptions& options, const RunState& state);

  at::Tensor NextLoss(at::Generator& generator) override;
  Result<std::string> Evaluate(const std::filesystem::path& folder) override;
  void SkipStep(at::Generator& generator) override { SetProgress(steps_.Next(generator).progress); }
  double TakeWaitedSeconds() override { return steps_.TakeWaitedSeconds(); }

 private:
  /// A step's cuts and noise, on the device.
  struct Inputs {
    at::Tensor pictures;  // [B, 4, H, W]: red, green and blue in 0..1, and what an error counts
    at::Tensor noise;     // [B, latent channels, h, w]
  };
  /// The steps_ thread's.
  StepsAhead<Inputs>::Step Prepare(at::Generator& generator);

  std::shared_ptr<const people::Body> body_;
  engine::AutoencoderKL vae_;
  VaeTaskOptions options_;
  ReusedBatch<Pair> batches_;
  StepsAhead<Inputs> steps_;  // last: its thread uses what is above
};

}  // namespace atelier::training
