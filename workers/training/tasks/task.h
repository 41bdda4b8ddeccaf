// Task: what one kind of training run trains, on what, and how it is judged.
#pragma once

#include <ATen/CPUGeneratorImpl.h>
#include <torch/nn.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "training/data/run_state.h"

namespace atelier::training {

/// A module under training and the component name it has in model.json.
struct TrainedModule {
  std::string component;
  std::shared_ptr<torch::nn::Module> module;
};

class Task {
 public:
  virtual ~Task() = default;

  /// Loss of the next batch, differentiable, on the task's device; no number is read back from
  /// there. Every random draw but those of the feeder's samples comes from `generator`, so that a
  /// resumed run repeats exactly. REQUIRES: `generator` is where the call before left it.
  virtual at::Tensor NextLoss(at::Generator& generator) = 0;

  /// Takes the data of a step without training on it: how fast data come.
  virtual void SkipStep(at::Generator& generator) { NextLoss(generator); }

  /// How long the device stood still for want of a step's data since the last call; 0 for a task
  /// whose steps need none. Waits for the device.
  virtual double TakeWaitedSeconds() { return 0; }

  /// Judges the modules as they are on held-out identities: writes `folder`/grid.png and returns a
  /// line of figures.
  virtual Result<std::string> Evaluate(const std::filesystem::path& folder) = 0;

  /// The modules the optimiser moves. Fixed for the life of the task.
  const std::vector<TrainedModule>& modules() const { return modules_; }
  int64_t samples_taken() const { return samples_taken_; }
  int64_t pictures_seen() const { return pictures_seen_; }
  /// For RunState::place.
  const std::vector<int64_t>& place() const { return place_; }

 protected:
  Task(std::vector<TrainedModule> modules, const RunState& state)
      : samples_taken_(state.samples_taken),
        pictures_seen_(state.pictures_seen),
        place_(state.place),
        modules_(std::move(modules)) {}

  /// After a step whose data were taken up to here.
  void SetProgress(const Progress& progress) {
    samples_taken_ = progress.samples_taken;
    place_ = progress.place;
  }

  void MoveTo(const at::Device& device) {
    for (const TrainedModule& trained : modules_) trained.module->to(device);
  }

  int64_t samples_taken_;
  int64_t pictures_seen_;

 private:
  std::vector<int64_t> place_;
  std::vector<TrainedModule> modules_;
};

}  // namespace atelier::training
