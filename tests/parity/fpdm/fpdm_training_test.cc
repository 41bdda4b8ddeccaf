#include "support/catch_torch.h"

// The order matters: catch_torch.h first.
#include <cmath>
#include <map>
#include <string>
#include <vector>

#include "engine/model_folder/load_component.h"
#include "engine/pipelines/registry.h"
#include "engine/train/adamw.h"
#include "parity/fpdm/fpdm_golden.h"
#include "training/fpdm/denoising_loss.h"
#include "training/fpdm/fusion_loss.h"

namespace atelier::parity {
namespace {

using training::ConditionDrops;

// With the kernels that made the goldens norms are within 6.5e-5 and elements within 2.8e-5. The
// way back through the whole UNet amplifies rounding: with other kernels (those of the reduced
// program) our own norms differ by 1.6e-4 from these and elements by 3.7e-4. A mistake makes 1e-2
// and more.
constexpr double kGradientBar = 5e-4;
constexpr double kGradientElementBar = 1e-3;

/// Networks that can be trained: not packed, with gradients, in evaluation mode.
struct Trainable {
  engine::FpdmNetworks networks;
  engine::ModelFolder model;
  /// By the published names, without the wrapper: "unet.conv_in.weight", "img_encoder. ...".
  std::map<std::string, at::Tensor> parameters;
};

void AddParameters(torch::nn::Module& module, const std::string& prefix, Trainable& trainable) {
  for (at::Tensor& parameter : module.parameters()) parameter.set_requires_grad(true);
  for (const auto& item : module.named_parameters())
    trainable.parameters[prefix + item.key()] = item.value();
}

/// The networks of stage 1 (from the stage 1 checkpoint) or of stage 2.
Trainable LoadTrainable(bool stage_1) {
  testing::TinyFpdmFolder folder(FpdmFolder());
  if (stage_1) {
    std::filesystem::create_symlink(FpdmFolder().root() / "fusion_last.safetensors",
                                    folder.path() / "fusion_last.safetensors");
    auto& components = folder.model()["components"];
    for (const auto& [name, prefix] :
         {std::pair("image_encoder", "img_encoder."), std::pair("combiner", "combiner.")}) {
      components[name]["weights"] = "fusion_last.safetensors";
      components[name]["prefix"] = prefix;
    }
    folder.Write();
  }
  Trainable trainable;
  auto model = engine::ReadModelFolder(folder.path());
  if (!model.has_value()) throw std::runtime_error(model.error().message);
  trainable.model = *model;
  auto networks = engine::MakeFpdmNetworks(*model);
  if (!networks.has_value()) throw std::runtime_error(networks.error().message);
  trainable.networks = *networks;
  for (const engine::NamedNetwork& network : trainable.networks.All()) {
    const Status loaded = engine::LoadComponent(*model, network.component, network.module);
    if (!loaded.has_value()) throw std::runtime_error(loaded.error().message);
  }
  if (stage_1) {
    AddParameters(*trainable.networks.image_encoder, "img_encoder.", trainable);
    AddParameters(*trainable.networks.combiner, "combiner.", trainable);
  } else {
    AddParameters(*trainable.networks.denoising_unet, "unet.", trainable);
    AddParameters(*trainable.networks.source_projection, "srcimage_proj_model.", trainable);
    AddParameters(*trainable.networks.pose_encoder, "pose_t_proj.", trainable);
  }
  return trainable;
}

void CheckLoss(const std::string& name, const at::Tensor& ours, double golden) {
  INFO(name);
  CHECK(std::abs(ours.item<double>() - golden) <= 1e-5 * std::max(1.0, std::abs(golden)));
}

/// Every gradient's norm. Of a norm that is rounding alone (a key's bias changes no softmax) the
/// size is compared, not the digits.
void CheckGradients(const Trainable& trainable, const nlohmann::json& norms) {
  double worst = 0;
  for (const auto& [name, golden] : norms.items()) {
    INFO(name);
    const at::Tensor gradient = trainable.parameters.at(name).grad();
    if (golden.is_null()) {
      CHECK_FALSE(gradient.defined());
      continue;
    }
    const double expected = golden, ours = gradient.defined() ? gradient.norm().item<double>() : 0;
    if (expected < 1e-6) {
      CHECK(ours < 1e-5);
      continue;
    }
    worst = std::max(worst, std::abs(ours - expected) / expected);
    CHECK(std::abs(ours - expected) <= kGradientBar * expected + 1e-7);
  }
  std::printf("  %zu gradient norms, worst relative difference %.2e\n", norms.size(), worst);
}

void CheckStored(const Trainable& trainable, const Tensors& goldens, const std::string& prefix) {
  int compared = 0;
  for (const auto& [name, golden] : goldens) {
    if (!name.starts_with(prefix)) continue;
    const at::Tensor gradient = trainable.parameters.at(name.substr(prefix.size())).grad();
    CHECK(Compare(name, gradient, golden).relative() <= kGradientElementBar);
    ++compared;
  }
  CHECK(compared > 0);
}

void UseMask(torch::nn::Module& network, const std::string& name, const at::Tensor& mask) {
  auto* dropout = network.named_modules()[name]->as<engine::DropoutImpl>();
  REQUIRE(dropout != nullptr);
  dropout->UseMask(mask);
}

/// Three steps of AdamW; `loss` gives the loss of the networks as they are.
template <typename LossOf>
void CheckSteps(Trainable& trainable, const Tensors& goldens, const std::string& prefix,
                const std::vector<double>& rates, double weight_decay,
                const std::vector<double>& losses, const LossOf& loss) {
  engine::NamedParameters parameters(trainable.parameters.begin(), trainable.parameters.end());
  engine::AdamW optimizer(parameters, {.weight_decay = weight_decay});
  for (size_t step = 0; step < rates.size(); ++step) {
    optimizer.ZeroGradients();
    const at::Tensor value = loss();
    CheckLoss("before step " + std::to_string(step), value, losses[step]);
    value.backward();
    optimizer.Step(rates[step], at::ones({}, at::kBool));
  }
  CheckLoss("after the steps", loss(), losses.back());
  for (const auto& [name, golden] : goldens) {
    if (!name.starts_with(prefix)) continue;
    // Where a gradient is nearly zero, AdamW makes a whole step of its rounding.
    CHECK(Compare(name, trainable.parameters.at(name.substr(prefix.size())), golden).max <=
          2e-2 * rates.back());
  }
}

struct Stage1 {
  Tensors goldens = ReadFpdmGoldens("golden_stage1");
  nlohmann::json json = ReadFpdmJson("golden_stage1");
  Trainable trainable = LoadTrainable(true);

  training::FusionEmbeddings Embeddings() {
    auto& networks = trainable.networks;
    const auto embed = [&](const std::string& name) {
      return networks.image_encoder(goldens.at("inputs/" + name + "_pixel_values")).image_embeds;
    };
    training::FusionEmbeddings embeddings{.target = embed("target"), .source = embed("source")};
    embeddings.fusion = networks.combiner(embeddings.source, embed("pose"));
    return embeddings;
  }
  training::FusionLoss Loss(bool source_enhanced) {
    const nlohmann::json& hparams = FpdmFolder().config().at("fusion_hparams");
    return training::ComputeFusionLoss(Embeddings(), {.temperature = hparams.at("temperature"),
                                                      .distance_weight = hparams.at("lambda_l1"),
                                                      .source_enhanced = source_enhanced});
  }
};

struct Stage2 {
  Tensors goldens = ReadFpdmGoldens("golden_stage2");
  nlohmann::json json = ReadFpdmJson("golden_stage2");
  Trainable trainable = LoadTrainable(false);
  engine::NoiseSchedule schedule{*engine::ParseSchedulerConfig(trainable.model.scheduler)};

  engine::FpdmInputs Inputs() const {
    return {.source = goldens.at("inputs/src_processed_source_image"),
            .clip_source = goldens.at("inputs/fusion_processed_source_image"),
            .clip_pose = goldens.at("inputs/fusion_processed_target_pose"),
            .pose = goldens.at("inputs/target_pose_u8").to(at::kFloat) / 255};
  }
  /// The recorded noise holds its offset already.
  training::NoisyLatents Latents(const std::string& run) {
    const at::NoGradGuard no_grad;
    const at::Tensor noise = goldens.at(run + "/noise_with_offset");
    return training::AddTrainingNoise(schedule, Clean(run), noise, at::zeros({1, 1, 1, 1}), 0,
                                      goldens.at(run + "/timesteps"));
  }
  at::Tensor Clean(const std::string& run) {
    const engine::Posterior posterior(
        trainable.networks.vae->Encode(goldens.at("inputs/target_image")));
    return posterior.Sample(goldens.at(run + "/vae_posterior_noise")) *
           trainable.model.conditioning.latent_scale;
  }
  at::Tensor Predicted(const ConditionDrops& drops, const std::string& run,
                       const training::NoisyLatents& latents) {
    return training::PredictDenoised(trainable.networks, Inputs(), drops, latents.noisy,
                                     goldens.at(run + "/timesteps"));
  }
};

const std::map<std::string, ConditionDrops> kDropCases = {
    {"keep_all", {}},
    {"drop_pose", {.pose = true}},
    {"drop_src", {.source = true}},
    {"drop_fusion", {.fusion = true}},
    {"drop_all", {.pose = true, .source = true, .fusion = true}}};

}  // namespace

TEST_CASE("Both losses of stage 1 and their gradients are the published ones", "[parity]") {
  for (const bool source_enhanced : {false, true}) {
    Stage1 stage;
    const std::string method = source_enhanced ? "sepf" : "baseline";
    INFO(method);
    const nlohmann::json golden = stage.json.at("methods").at(method).at("eval_mode");
    const training::FusionLoss loss = stage.Loss(source_enhanced);
    CheckLoss("loss", loss.loss, golden.at("loss"));
    CheckLoss("contrast", loss.contrast, golden.at("info_nce"));
    CheckLoss("distance", loss.distance, golden.at("l1"));
    CHECK(Compare(method + "/logits", loss.logits,
                  stage.goldens.at(method + "/logits_target_x_fusion"))
              .relative() <= kFpdmModuleBar);
    const at::Tensor places = training::OwnPlaces(loss.logits);
    const nlohmann::json& logged = golden.at("logged");
    CHECK(places.mean().item<double>() ==
          Approx(logged.at("train_fushion_acc_mean_pos").get<double>()));
    CHECK(places.le(1).to(at::kFloat).mean().item<double>() ==
          Approx(logged.at("train_fushion_acc_top1").get<double>()));
    CHECK(places.le(5).to(at::kFloat).mean().item<double>() ==
          Approx(logged.at("train_fushion_acc_top5").get<double>()));
    loss.loss.backward();
    CheckGradients(stage.trainable, golden.at("grad_norms"));
    CheckStored(stage.trainable, stage.goldens, method + "/grad/");
  }
}

TEST_CASE("Stage 1 with its dropout has the published loss and gradients", "[parity]") {
  for (const std::string method : {"baseline", "sepf"}) {
    Stage1 stage;
    INFO(method);
    auto& combiner = stage.trainable.networks.combiner;
    combiner->train();
    for (const char* name : {"dropout1", "dropout2", "dropout3", "dynamic_scalar.2"})
      UseMask(*combiner, name, stage.goldens.at(method + "/train_dropout_mask/" + name));
    const nlohmann::json golden = stage.json.at("methods").at(method).at("train_mode_seed1234");
    const training::FusionLoss loss = stage.Loss(method == "sepf");
    CheckLoss("loss", loss.loss, golden.at("loss"));
    loss.loss.backward();
    CheckGradients(stage.trainable, golden.at("grad_norms"));
  }
}

TEST_CASE("Three steps of stage 1 move the networks as the published optimiser does", "[parity]") {
  for (const std::string method : {"baseline", "sepf"}) {
    Stage1 stage;
    INFO(method);
    const nlohmann::json& golden = stage.json.at("methods").at(method).at("adamw3");
    const double rate = golden.at("defaults").at("lr");
    CheckSteps(stage.trainable, stage.goldens, method + "/adamw3_param/", {rate, rate, rate},
               golden.at("defaults").at("weight_decay"),
               golden.at("losses_before_each_step_and_after").get<std::vector<double>>(),
               [&] { return stage.Loss(method == "sepf").loss; });
  }
}

TEST_CASE("Latents, noise and velocity of stage 2 are the published ones", "[parity]") {
  torch::NoGradGuard no_grad;
  Stage2 stage;
  const std::string run = "keep_all";
  CHECK(
      Compare("latents", stage.Clean(run), stage.goldens.at(run + "/latents_scaled")).relative() <=
      kFpdmModuleBar);
  const training::NoisyLatents latents = stage.Latents(run);
  CHECK(Compare("noisy", latents.noisy, stage.goldens.at(run + "/noisy_latents")).relative() <=
        kFpdmModuleBar);
  CHECK(Compare("velocity", latents.prediction, stage.goldens.at(run + "/target_velocity"))
            .relative() <= kFpdmModuleBar);
}

TEST_CASE("The loss of stage 2 and its gradients are the published ones, whatever is dropped",
          "[parity]") {
  for (const auto& [name, drops] : kDropCases) {
    Stage2 stage;
    INFO(name);
    const nlohmann::json& golden = stage.json.at("cases").at(name);
    const training::NoisyLatents latents = stage.Latents("keep_all");
    const at::Tensor predicted = stage.Predicted(drops, "keep_all", latents);
    CHECK(Compare(name, predicted, stage.goldens.at(name + "/model_pred")).relative() <=
          kFpdmModuleBar);
    const at::Tensor loss = training::DenoisingLoss(predicted, latents, at::ones({1, 1, 1, 1}));
    CheckLoss("loss", loss, golden.at("loss"));
    loss.backward();
    CheckGradients(stage.trainable, golden.at("grad_norms"));
    if (name == "keep_all") CheckStored(stage.trainable, stage.goldens, "keep_all/grad/");
    for (const at::Tensor& frozen : stage.trainable.networks.image_encoder->parameters())
      CHECK_FALSE(frozen.grad().defined());
  }
}

TEST_CASE("Stage 2 in the published modes, dropout of the frozen combiner included", "[parity]") {
  Stage2 stage;
  auto& networks = stage.trainable.networks;
  networks.combiner->train();
  networks.source_projection->train();
  const std::string prefix = "train_mode/dropout_mask/";
  for (const char* name : {"dropout1", "dropout2", "dropout3", "dynamic_scalar.2"})
    UseMask(*networks.combiner, name, stage.goldens.at(prefix + "fusion_model.combiner." + name));
  for (const char* name : {"net.2", "net.5"})
    UseMask(*networks.source_projection, name,
            stage.goldens.at(prefix + "sd_model.srcimage_proj_model." + name));
  const nlohmann::json& golden = stage.json.at("train_mode_as_lightning_2.2.1");
  const training::NoisyLatents latents = stage.Latents("train_mode");
  const at::Tensor predicted = stage.Predicted({}, "train_mode", latents);
  CHECK(Compare("model_pred", predicted, stage.goldens.at("train_mode/model_pred")).relative() <=
        kFpdmModuleBar);
  const at::Tensor loss = training::DenoisingLoss(predicted, latents, at::ones({1, 1, 1, 1}));
  CheckLoss("loss", loss, golden.at("loss"));
  loss.backward();
  CheckGradients(stage.trainable, golden.at("grad_norms"));
}

TEST_CASE("Three steps of stage 2 move the networks as the published optimiser does", "[parity]") {
  Stage2 stage;
  const nlohmann::json& golden = stage.json.at("adamw3");
  CheckSteps(stage.trainable, stage.goldens, "adamw3/param/",
             golden.at("lrs").get<std::vector<double>>(), golden.at("weight_decay"),
             golden.at("losses_before_each_step_and_after").get<std::vector<double>>(), [&] {
               const training::NoisyLatents latents = stage.Latents("keep_all");
               return training::DenoisingLoss(stage.Predicted({}, "keep_all", latents), latents,
                                              at::ones({1, 1, 1, 1}));
             });
}

}  // namespace atelier::parity
