// Runs that are cut inside the samples they keep, and resumed.
// Before anything else: see the header.
// clang-format off
#include "support/catch_torch.h"
// clang-format on

#include <atomic>
#include <filesystem>

#include "engine/pipelines/registry.h"
#include "engine/weights/load.h"
#include "people/render/render.h"
#include "support/temp_dir.h"
#include "training/data/reused_batch.h"
#include "training/tasks/face_task.h"
#include "training/tasks/mcld_task.h"
#include "training/tasks/mcld_training.h"
#include "training/tasks/networks.h"
#include "training/trainer.h"
#include "unit/training/carried_data.h"

namespace atelier::training {
namespace {

/// A task's losses, without an optimiser: what it draws is what is looked at.
std::vector<double> Losses(Task& task, at::Generator& generator, int count) {
  const at::NoGradGuard no_grad;
  std::vector<double> losses;
  for (int i = 0; i < count; ++i) losses.push_back(task.NextLoss(generator).item<double>());
  return losses;
}

RunState StateOf(const Task& task) {
  return {0, 0, task.samples_taken(), task.pictures_seen(), task.place()};
}

/// `make(state)` -> task. Losses of an unbroken run against those of one that is cut after `cut`.
template <typename Make>
void CheckResumes(const Make& make, int count, int cut) {
  at::Generator generator = at::detail::createCPUGenerator(3);
  const auto whole = make(RunState{});
  const std::vector<double> unbroken = Losses(*whole, generator, count);

  at::Generator again = at::detail::createCPUGenerator(3);
  const auto first = make(RunState{});
  std::vector<double> broken = Losses(*first, again, cut);
  const auto second = make(StateOf(*first));
  for (const double loss : Losses(*second, again, count - cut)) broken.push_back(loss);
  CHECK(broken == unbroken);
  CHECK(second->samples_taken() == whole->samples_taken());
  CHECK(second->pictures_seen() == whole->pictures_seen());
  CHECK(second->place() == whole->place());
}

}  // namespace

TEST_CASE("A batch that was cut between its uses is taken up again; of another size it is not",
          "[training]") {
  const auto make = [](int64_t index) { return index; };
  ReusedBatch<int64_t> batches(make, {}, 1, 2, 3);
  batches.Next();
  CHECK(batches.Next() == std::vector<int64_t>{0, 1});
  CHECK(batches.turn() == 1);
  RunState state{.samples_taken = batches.samples_taken(), .place = batches.place()};

  ReusedBatch<int64_t> resumed(make, state, 1, 2, 3);
  CHECK(resumed.Next() == std::vector<int64_t>{0, 1});
  CHECK(resumed.turn() == 2);
  CHECK(resumed.Next() == std::vector<int64_t>{2, 3});
  CHECK(resumed.samples_taken() == 4);

  ReusedBatch<int64_t> other(make, state, 1, 3, 3);
  CHECK(other.Next() == std::vector<int64_t>{2, 3, 4});
}

TEST_CASE("A face run resumed among its kept crops draws what an unbroken one draws",
          "[training]") {
  const auto body = TheBody();
  const auto folder = engine::ReadModelFolder(kModel);
  REQUIRE(folder.has_value());
  FaceTaskOptions options;
  options.batch = 4;
  options.views = 2;
  options.kept = 6;  // fewer than are taken: some have gone when the run is cut
  options.identities = 50;
  torch::manual_seed(5);
  auto network = MakeFaceNetwork(*folder);
  REQUIRE(network.has_value());
  torch::nn::Linear classifier(torch::nn::LinearOptions(512, options.identities).bias(false));
  CheckResumes(
      [&](const RunState& state) {
        return std::make_unique<FaceTask>(body, *network, classifier, options, state);
      },
      6, 4);
}

TEST_CASE("An MCLD run resumed while filling its pool, or drawing from it, repeats an unbroken one",
          "[training]") {
  const auto body = TheBody();
  const auto training = MakeMcldTraining(kModel, kModel);
  REQUIRE(training.has_value());
  McldTaskOptions options;
  options.batch = 1;
  options.pool = 2;
  options.reuse = 2;
  options.person_weight = 1;
  options.decoded_weight = 0.5;  // draws the places of its cuts
  const auto make = [&](const RunState& state) {
    return std::make_unique<McldTask>(body, *training, options, state);
  };
  CheckResumes(make, 4, 1);  // half a pool
  CheckResumes(make, 4, 3);  // in its second epoch
}

}  // namespace atelier::training
