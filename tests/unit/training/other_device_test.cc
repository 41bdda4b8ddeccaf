// Training on a device that is not the CPU: nothing of the CPU's is left where the networks are.
// Before anything else: see the header.
// clang-format off
#include "support/catch_torch.h"
// clang-format on

#include "support/other_device.h"

#include <torch/optim/adamw.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "engine/pipelines/registry.h"
#include "support/temp_dir.h"
#include "training/tasks/face_task.h"
#include "training/tasks/mcld_task.h"
#include "training/tasks/mcld_training.h"
#include "training/tasks/networks.h"
#include "training/tasks/pose_task.h"
#include "training/tasks/vae_task.h"
#include "unit/training/carried_data.h"

namespace atelier::training {
namespace {

engine::ModelFolder TheFolder() {
  auto folder = engine::ReadModelFolder(kModel);
  REQUIRE(folder.has_value());
  return *folder;
}

/// The same with latents that are learned.
engine::ModelFolder WithEncoder(engine::ModelFolder folder) {
  nlohmann::json& config = folder.components.at("vae").config;
  REQUIRE(config.erase("block_cosines") == 1);
  config["latent_channels"] = 4;
  return folder;
}

/// Losses of `steps` steps of the optimiser.
std::vector<double> Losses(Task& task, int steps) {
  at::Generator generator = at::detail::createCPUGenerator(3);
  std::vector<at::Tensor> parameters;
  for (const TrainedModule& trained : task.modules())
    for (const at::Tensor& parameter : trained.module->parameters())
      parameters.push_back(parameter);
  torch::optim::AdamW optimizer(parameters, torch::optim::AdamWOptions(1e-4));
  std::vector<double> losses;
  for (int i = 0; i < steps; ++i) {
    optimizer.zero_grad();
    const at::Tensor loss = task.NextLoss(generator);
    losses.push_back(loss.item<double>());
    loss.backward();
    optimizer.step();
  }
  return losses;
}

/// `make(device)` -> a fresh task.
template <typename Make>
void CheckTrainsAsOnCpu(const Make& make, int steps) {
  torch::manual_seed(5);
  const std::vector<double> here = Losses(*make("cpu"), steps);
  torch::manual_seed(5);
  const std::vector<double> there = Losses(*make(testing::OtherDevice().str()), steps);
  for (int i = 0; i < steps; ++i) {
    INFO("step " << i);
    CHECK(there[i] == Approx(here[i]).epsilon(1e-3));
  }
}

}  // namespace

TEST_CASE("A tensor of the CPU and one of the other device may not meet", "[training]") {
  const at::Device other = testing::OtherDevice();
  const at::Tensor here = at::arange(3, at::kFloat), there = here.to(other);
  CHECK((there + there).to(at::kCPU).equal(here * 2));
  CHECK_THROWS(there + here);
  CHECK_THROWS(at::conv2d(there.view({1, 1, 1, 3}), at::ones({1, 1, 1, 1})));
}

TEST_CASE("The VAE trains on another device as on the CPU, with an encoder and without",
          "[training]") {
  const engine::ModelFolder folder = GENERATE(true, false) ? WithEncoder(TheFolder()) : TheFolder();
  CheckTrainsAsOnCpu(
      [&](const std::string& device) {
        VaeTaskOptions options;
        options.batch = 1;
        options.device = device;
        return std::make_unique<VaeTask>(TheBody(), *MakeVae(folder), options, RunState{});
      },
      2);
}

TEST_CASE("The face network trains on another device as on the CPU", "[training]") {
  CheckTrainsAsOnCpu(
      [](const std::string& device) {
        FaceTaskOptions options;
        options.batch = 4;
        options.views = 1;
        options.kept = 4;
        options.identities = 4;
        options.device = device;
        auto network = *MakeFaceNetwork(TheFolder());
        torch::nn::Linear classifier(torch::nn::LinearOptions(512, options.identities).bias(false));
        return std::make_unique<FaceTask>(TheBody(), network, classifier, options, RunState{});
      },
      2);
}

TEST_CASE("The pose network trains on another device as on the CPU", "[training]") {
  CheckTrainsAsOnCpu(
      [](const std::string& device) {
        PoseTaskOptions options;
        options.batch = 1;
        options.device = device;
        return std::make_unique<PoseTask>(TheBody(), *MakePoseNetwork(TheFolder()), options,
                                          RunState{});
      },
      2);
}

TEST_CASE("MCLD trains on another device as on the CPU, kept pairs and decoded cuts included",
          "[training]") {
  CheckTrainsAsOnCpu(
      [](const std::string& device) {
        McldTaskOptions options;
        options.batch = 1;
        options.pool = 1;
        options.reuse = 2;
        options.device = device;
        options.person_weight = 1;
        options.decoded_weight = 0.5;
        return std::make_unique<McldTask>(TheBody(), *MakeMcldTraining(kModel, kModel), options,
                                          RunState{});
      },
      2);
}

TEST_CASE("A decoded loss trains the decoder of block cosines, and no other VAE", "[training]") {
  const auto trains_vae = [](double decoded_weight, bool cosines) {
    McldTraining training = *MakeMcldTraining(kModel, kModel);
    if (!cosines) training.networks.vae = *MakeVae(WithEncoder(TheFolder()));
    McldTaskOptions options;
    options.decoded_weight = decoded_weight;
    const McldTask task(TheBody(), training, options, {});
    const bool listed = std::ranges::any_of(
        task.modules(), [](const TrainedModule& trained) { return trained.component == "vae"; });
    for (const at::Tensor& parameter : training.networks.vae->parameters())
      CHECK(parameter.requires_grad() == listed);
    return listed;
  };
  CHECK(trains_vae(0.5, true));
  CHECK_FALSE(trains_vae(0, true));
  CHECK_FALSE(trains_vae(0.5, false));
}

TEST_CASE("The VAE and MCLD judge themselves on another device", "[training]") {
  const testing::TempDir dir;
  const at::NoGradGuard no_grad;
  VaeTaskOptions vae_options;
  vae_options.device = testing::OtherDevice().str();
  VaeTask vae(TheBody(), *MakeVae(TheFolder()), vae_options, {});
  CHECK(vae.Evaluate(dir.path()));
  McldTaskOptions mcld_options;
  mcld_options.device = vae_options.device;
  mcld_options.evaluation_pairs = 2;
  McldTask mcld(TheBody(), *MakeMcldTraining(kModel, kModel), mcld_options, {});
  CHECK(mcld.Evaluate(dir.path()));
}

}  // namespace atelier::training
