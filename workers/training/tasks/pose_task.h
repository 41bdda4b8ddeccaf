// Trains the pose network on rendered people under strong augmentation.
#pragma once

#include <memory>

#include "engine/models/pose_network.h"
#include "people/render/render.h"
#include "training/data/reused_batch.h"
#include "training/data/steps_ahead.h"
#include "training/tasks/task.h"

namespace atelier::training {

struct PoseTaskOptions {
  int batch = 16;
  int render_threads = 1;
  int reuse = 2;
  std::string device = "cpu";
};

class PoseTask : public Task {
 public:
  PoseTask(std::shared_ptr<const people::Body> body, engine::PoseNetwork network,
           const PoseTaskOptions& options, const RunState& state);

  at::Tensor NextLoss(at::Generator& generator) override;
  Result<std::string> Evaluate(const std::filesystem::path& folder) override;
  void SkipStep(at::Generator& generator) override { SetProgress(steps_.Next(generator).progress); }
  double TakeWaitedSeconds() override { return steps_.TakeWaitedSeconds(); }

 private:
  /// A step's pictures and truth, on the device.
  struct Inputs {
    at::Tensor pictures;  // [B, 3, H, W] in 0..1, augmented
    at::Tensor iuv;       // [B, 3, h, w] in 0..255, at half the size
    at::Tensor heat;      // [B, 18, H/4, W/4]
  };
  /// The steps_ thread's.
  StepsAhead<Inputs>::Step Prepare(at::Generator& generator);

  std::shared_ptr<const people::Body> body_;
  engine::PoseNetwork network_;
  PoseTaskOptions options_;
  ReusedBatch<people::Rendering> batches_;
  StepsAhead<Inputs> steps_;  // last: its thread uses what is above
};

}  // namespace atelier::training
