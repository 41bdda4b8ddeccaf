// Trains FPDM's stage 2: the denoising UNet, the pose encoder, the source's projection and, unless
// it has published weights, the source encoder, with the VAE and stage 1 frozen.
#pragma once

#include <memory>
#include <string>

#include "engine/schedulers/noise_schedule.h"
#include "training/data/reused_batch.h"
#include "training/data/steps_ahead.h"
#include "training/fpdm/denoising_loss.h"
#include "training/fpdm/fpdm_samples.h"
#include "training/fpdm/fpdm_training.h"
#include "training/tasks/task.h"

namespace atelier::training {

struct DenoisingTaskOptions {
  PairOptions pair;
  /// Published: 42, three times over.
  int batch = 16;
  int render_threads = 1;
  /// Each batch of pairs is used this often in a row.
  int reuse = 4;
  ConditionDropRates drop_rates;
  double noise_offset = 0.1;
  /// Published: false, DINOv2 as it comes. Encoders of other sizes have no weights to come with.
  bool train_source_encoder = true;
  /// Timesteps drawn for a picture, of which the latest counts; published: 1. What a picture is to
  /// show is decided where there is most noise, and a short training is best spent there.
  int timestep_draws = 2;
  /// Held-out pairs that an evaluation is over.
  int evaluation_pairs = 32;
  std::string device = "cpu";
};

class DenoisingTask : public Task {
 public:
  DenoisingTask(std::shared_ptr<const people::Body> body, FpdmTraining training,
                const DenoisingTaskOptions& options, const RunState& state);

  at::Tensor NextLoss(at::Generator& generator) override;
  /// What the networks make of pure noise in one step, next to source, pose and truth.
  Result<std::string> Evaluate(const std::filesystem::path& folder) override;
  void SkipStep(at::Generator& generator) override { SetProgress(steps_.Next(generator).progress); }
  double TakeWaitedSeconds() override { return steps_.TakeWaitedSeconds(); }

 private:
  struct Inputs {
    engine::FpdmInputs conditions;
    ConditionDrops drops;
    NoisyLatents latents;
    at::Tensor t;  // int64 [B]
  };
  /// The steps_ thread's.
  StepsAhead<Inputs>::Step Prepare(at::Generator& generator);

  std::shared_ptr<const people::Body> body_;
  FpdmTraining training_;
  engine::FpdmNetworks& networks_;
  DenoisingTaskOptions options_;
  engine::NoiseSchedule schedule_;
  at::Tensor channel_weights_;
  ReusedBatch<FpdmSample> batches_;
  StepsAhead<Inputs> steps_;  // last: its thread uses what is above
};

}  // namespace atelier::training
