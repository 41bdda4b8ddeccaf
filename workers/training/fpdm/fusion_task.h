// Trains FPDM's stage 1, Image-Pose Fusion: the image encoder and the combiner of a model folder.
#pragma once

#include <memory>
#include <string>

#include "training/data/reused_batch.h"
#include "training/data/steps_ahead.h"
#include "training/fpdm/fpdm_training.h"
#include "training/fpdm/fusion_loss.h"
#include "training/fpdm/fusion_people.h"
#include "training/fpdm/retrieval.h"
#include "training/tasks/task.h"

namespace atelier::training {

/// Pairs of the model's aspect and twice as tall as the image encoder's input, which sees no more
/// of them; sides are multiples of 8.
PairOptions FusionPairOf(const engine::CLIPVisionModelWithProjectionImpl& encoder,
                         const engine::ModelInfo& info);

struct FusionTaskOptions {
  PairOptions pair;
  FusionLossOptions loss;
  /// Pairs. Published: 48. A target has as many others to be told from.
  int batch = 48;
  /// Even: a batch has half as many pairs of each person. 2 leaves it to the sources alone to make
  /// the pose count, which is slower.
  int pictures = 6;
  int render_threads = 1;
  /// Each batch of people is used this often in a row, paired anew each time.
  int reuse = 5;
  /// Held-out pairs that an evaluation is over.
  int evaluation_pairs = 200;
  std::string device = "cpu";
};

/// What held-out people are found by.
struct FusionScores {
  /// By the fusion embeddings, and by the sources' own embeddings alone.
  RetrievalScores fused, source;
};

/// Over `pairs` held-out pairs; each has a person of its own. REQUIRES: evaluation mode.
FusionScores ScoreFusion(const people::Body& body, const FpdmTraining& training,
                         const PairOptions& options, int pairs, const at::Device& device);

class FusionTask : public Task {
 public:
  FusionTask(std::shared_ptr<const people::Body> body, FpdmTraining training,
             const FusionTaskOptions& options, const RunState& state);

  at::Tensor NextLoss(at::Generator& generator) override;
  Result<std::string> Evaluate(const std::filesystem::path& folder) override;
  void SkipStep(at::Generator& generator) override { SetProgress(steps_.Next(generator).progress); }
  double TakeWaitedSeconds() override { return steps_.TakeWaitedSeconds(); }

 private:
  struct Inputs {
    at::Tensor target, source, pose;  // [B, 3, clip, clip]
  };
  /// The steps_ thread's.
  StepsAhead<Inputs>::Step Prepare();

  std::shared_ptr<const people::Body> body_;
  FpdmTraining training_;
  FusionTaskOptions options_;
  ReusedBatch<FusionPerson> batches_;
  StepsAhead<Inputs> steps_;  // last: its thread uses what is above
};

}  // namespace atelier::training
