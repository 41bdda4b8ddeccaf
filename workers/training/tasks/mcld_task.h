// Trains the MCLD networks of a model folder: denoising UNet, ReferenceNet, PoseGuider, image
// encoder and face Resampler, with the VAE and the face network frozen (MCLD, Section 3 and its
// train.py). A VAE of block cosines has only a decoder to train: with a decoded loss it is
// trained here too, on the latents that it will decode.
#pragma once

#include <memory>
#include <vector>

#include "engine/models/unet/unet.h"
#include "engine/schedulers/noise_schedule.h"
#include "training/data/sample_feeder.h"
#include "training/tasks/mcld_samples.h"
#include "training/tasks/mcld_training.h"
#include "training/tasks/task.h"

namespace atelier::training {

struct McldTaskOptions {
  PairOptions pair;
  int batch = 16;
  int render_threads = 1;
  /// Pairs rendered and encoded at a time; each takes part in `reuse` batches before the next pool.
  int pool = 512;
  int reuse = 4;
  /// The whole condition is dropped this often, and the source's embedding alone this often.
  double drop_all = 0.1;
  double drop_source = 0.1;
  double min_snr_gamma = 5.0;
  double noise_offset = 0.05;
  /// What the same loss counts once more on the face (parts 23 and 24; 1 as published) and on the
  /// clothed person (0 as published): most of a picture is wall, which is soon learned.
  double face_weight = 1.0;
  double person_weight = 0.0;
  /// Weight of the pixel losses of one cut of the decoded prediction, at the head or elsewhere on
  /// the person (0 as published): a loss on latents alone counts blur for little.
  double decoded_weight = 0.0;
  /// Held-out pairs that an evaluation is over.
  int evaluation_pairs = 32;
  std::string device = "cpu";
};

class McldTask : public Task {
 public:
  McldTask(std::shared_ptr<const people::Body> body, McldTraining training,
           const McldTaskOptions& options, const RunState& state);

  at::Tensor NextLoss(at::Generator& generator) override;
  /// What the networks make of pure noise in one step, next to the warped texture and the truth.
  Result<std::string> Evaluate(const std::filesystem::path& folder) override;
  /// Samples in the pool, epoch, place in its order, and the order.
  std::vector<int64_t> place() const override;

 private:
  McldBatch NextBatch();
  /// Makes the pool that a resumed run was in the middle of.
  void Refill();
  /// The network's v for `noisy` at `t`. `keep` bool [B]: false rows are unconditional;
  /// `keep_source` bool [B]: false rows lack the source's embedding.
  at::Tensor Predict(const McldBatch& batch, const at::Tensor& noisy, const at::Tensor& t,
                     const at::Tensor& keep, const at::Tensor& keep_source);

  std::shared_ptr<const people::Body> body_;
  McldTraining training_;
  engine::McldNetworks& networks_;
  McldTaskOptions options_;
  engine::NoiseSchedule schedule_;
  at::Tensor channel_weights_;
  SampleFeeder<McldSample> feeder_;
  /// The present pool, encoded; filled by its first epoch, read again by the others.
  std::vector<McldBatch> pool_;
  /// Batches of it that a resumed run must make again before it goes on.
  int64_t missing_ = 0;
  std::vector<int64_t> order_;
  int epoch_ = 0;
  int64_t place_ = 0;
};

}  // namespace atelier::training
