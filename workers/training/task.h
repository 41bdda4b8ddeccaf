// Task: what one kind of training run trains, on what, and how it is judged.
#pragma once

#include <ATen/CPUGeneratorImpl.h>
#include <torch/nn.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"

namespace atelier::training {

/// A module under training and the component name it has in model.json.
struct TrainedModule {
  std::string component;
  std::shared_ptr<torch::nn::Module> module;
};

class Task {
 public:
  virtual ~Task() = default;

  /// The modules the optimiser moves. Fixed for the life of the task.
  virtual const std::vector<TrainedModule>& modules() const = 0;

  /// Loss of the next batch, differentiable. Every random draw on the trainer's thread comes from
  /// `generator`, so that a resumed run repeats exactly.
  virtual at::Tensor NextLoss(at::Generator& generator) = 0;

  /// Samples drawn from the feeder so far: where a resumed run goes on.
  virtual int64_t samples_taken() const = 0;
  /// Pictures that went through a loss so far, repeats counted.
  virtual int64_t pictures_seen() const = 0;

  /// Judges the modules as they are on held-out identities: writes `folder`/grid.png and returns a
  /// line of figures.
  virtual Result<std::string> Evaluate(const std::filesystem::path& folder) = 0;
};

}  // namespace atelier::training
