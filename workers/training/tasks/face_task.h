// Trains the face network: crops of one rendered identity close together, of others far apart
// (ArcFace's additive angular margin over a classifier of training identities).
#pragma once

#include <deque>
#include <memory>

#include "base/image.h"
#include "engine/models/face_network.h"
#include "people/body/body.h"
#include "training/data/sample_feeder.h"
#include "training/data/steps_ahead.h"
#include "training/tasks/task.h"

namespace atelier::training {

struct FaceTaskOptions {
  int batch = 64;
  int render_threads = 1;
  /// Training identities, seeds 0 .. identities - 1.
  int identities = 4000;
  /// Views rendered of one identity at a time: a sample.
  int views = 4;
  /// Samples rendered anew for a batch, which is drawn from the latest `kept` of them.
  int fresh = 3;
  int kept = 2048;
  double margin = 0.3;
  double scale = 24;
  std::string device = "cpu";
};

class FaceTask : public Task {
 public:
  /// `classifier`: [options.identities, embedding size], without bias.
  FaceTask(std::shared_ptr<const people::Body> body, engine::FaceNetwork network,
           torch::nn::Linear classifier, const FaceTaskOptions& options, const RunState& state);

  at::Tensor NextLoss(at::Generator& generator) override;
  Result<std::string> Evaluate(const std::filesystem::path& folder) override;
  void SkipStep(at::Generator& generator) override { SetProgress(steps_.Next(generator).progress); }
  double TakeWaitedSeconds() override { return steps_.TakeWaitedSeconds(); }

 private:
  struct Crops {
    int64_t sample = 0;
    int64_t identity = 0;
    std::vector<Image> crops;
  };
  static Crops Make(const people::Body& body, uint64_t identity, uint64_t view_seed, int views,
                    int size, bool front);
  /// A step's crops and whose they are, on the device.
  struct Inputs {
    at::Tensor crops;   // [B, 3, s, s] in 0..1, augmented
    at::Tensor labels;  // int64 [B]
  };
  /// The steps_ thread's, as all that draws or keeps samples.
  StepsAhead<Inputs>::Step Prepare(at::Generator& generator);
  /// Puts the feeder's next sample into the pool.
  void Take(int64_t sample);

  std::shared_ptr<const people::Body> body_;
  engine::FaceNetwork network_;
  /// One direction per training identity; thrown away after training.
  torch::nn::Linear classifier_;
  FaceTaskOptions options_;
  SampleFeeder<Crops> feeder_;
  /// The latest samples, those without a crop left out.
  std::deque<Crops> pool_;
  /// Samples that a resumed run must render again before it goes on.
  int64_t missing_ = 0;
  int64_t drawn_;
  StepsAhead<Inputs> steps_;  // last: its thread uses what is above
};

}  // namespace atelier::training
