// Trains the pose network on rendered people under strong augmentation.
#pragma once

#include <memory>

#include "engine/models/pose_network.h"
#include "people/render/render.h"
#include "training/data/reused_batch.h"
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
  std::vector<int64_t> place() const override { return batches_.place(); }

 private:
  std::shared_ptr<const people::Body> body_;
  engine::PoseNetwork network_;
  PoseTaskOptions options_;
  ReusedBatch<people::Rendering> batches_;
};

}  // namespace atelier::training
