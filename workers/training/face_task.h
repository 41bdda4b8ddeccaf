// Trains the face network: crops of one rendered identity close together, of others far apart
// (ArcFace's additive angular margin over a classifier of training identities).
#pragma once

#include <memory>

#include "base/image.h"
#include "engine/models/face_network.h"
#include "people/body.h"
#include "training/sample_feeder.h"
#include "training/task.h"

namespace atelier::training {

struct FaceTaskOptions {
  int batch = 64;
  int render_threads = 1;
  /// Training identities, seeds 0 .. identities - 1.
  int identities = 1000;
  /// Views rendered of one identity at a time.
  int views = 4;
  /// Identities rendered anew for a batch; the rest of it is drawn from the crops made so far.
  int fresh = 2;
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

 private:
  struct Crops {
    int64_t identity = 0;
    std::vector<Image> crops;
  };
  static Crops Make(const people::Body& body, uint64_t identity, uint64_t view_seed, int views,
                    int size, bool front);

  std::shared_ptr<const people::Body> body_;
  engine::FaceNetwork network_;
  /// One direction per training identity; thrown away after training.
  torch::nn::Linear classifier_;
  FaceTaskOptions options_;
  SampleFeeder<Crops> feeder_;
  /// Every crop rendered so far, with its identity.
  std::vector<std::pair<int64_t, Image>> pool_;
};

}  // namespace atelier::training
