// McldData: what MCLD's training steps compute their losses from, step by step. Pairs are rendered
// by feeder threads, encoded a batch at a time and kept in a pool on the device; each takes part in
// `reuse` batches before the next pool. All random numbers of a step are drawn here.
#pragma once

#include <memory>
#include <vector>

#include "engine/schedulers/noise_schedule.h"
#include "training/data/run_state.h"
#include "training/data/sample_feeder.h"
#include "training/data/steps_ahead.h"
#include "training/losses/decoded_loss.h"
#include "training/tasks/mcld_options.h"
#include "training/tasks/mcld_samples.h"
#include "training/tasks/mcld_training.h"

namespace atelier::training {

/// A step's batch, noise and conditions, on the device.
struct McldInputs {
  McldBatch batch;
  at::Tensor t;            // int64 [B]
  at::Tensor noisy;        // the target with noise of level t: [B, C, h, w]
  at::Tensor velocity;     // what is to be predicted: [B, C, h, w]
  at::Tensor prior_input;  // TexturePrior::Input(); undefined without the prior
  at::Tensor signal;       // [B, 1, 1, 1]: share of the target in `noisy`
  at::Tensor noise_level;  // [B, 1, 1, 1]: share of noise
  at::Tensor weight;       // min-SNR weight of each row: [B]
  at::Tensor keep;         // bool [B]: false rows are unconditional
  at::Tensor keep_source;  // bool [B]: false rows lack the source's embedding
  DecodedTargets decoded;  // undefined without a decoded loss
};

class McldData {
 public:
  /// Goes on where `state` stands. `training`, which must outlive it, is read alone.
  McldData(std::shared_ptr<const people::Body> body, McldTraining& training,
           const McldTaskOptions& options, const RunState& state);

  /// For StepsAhead: the inputs of the next step.
  StepsAhead<McldInputs>::Step Next(at::Generator& generator);

 private:
  /// Makes the pool that a resumed run was in the middle of.
  void Refill();
  /// Encodes the feeder's next batch and puts it into the pool.
  McldBatch TakeFresh();
  /// Moves on; draws the next order at the end of an epoch.
  void Advance(at::Generator& generator);
  McldInputs Draw(const McldBatch& batch, at::Generator& generator);
  /// `person` and `face`: the batch's masks, of the CPU.
  DecodedTargets DrawDecoded(const McldBatch& batch, const at::Tensor& person,
                             const at::Tensor& face, at::Generator& generator);
  Progress Stand() const;

  std::shared_ptr<const people::Body> body_;
  McldTraining& training_;
  McldTaskOptions options_;
  at::Device device_;
  engine::NoiseSchedule schedule_;
  /// Rows of a whole pool.
  int64_t capacity_;
  SampleFeeder<PackedSample> feeder_;
  int64_t samples_taken_;
  /// The present pool, encoded; filled by its first epoch, read again by the others.
  McldBatch pool_;
  int64_t filled_ = 0;
  /// The pool's masks in the CPU's memory, where places are drawn by them.
  std::vector<at::Tensor> person_masks_, face_masks_;  // [1, 1, h, w] each
  /// Samples that a resumed run must make again before it goes on.
  int64_t missing_ = 0;
  std::vector<int64_t> order_;
  int epoch_ = 0;
  int64_t place_ = 0;
};

}  // namespace atelier::training
