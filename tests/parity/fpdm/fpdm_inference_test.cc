#include "support/catch_torch.h"

// The order matters: catch_torch.h first.
#include <cstring>
#include <map>
#include <string>
#include <vector>

#include "engine/painting/latent_pictures.h"
#include "engine/pipelines/fpdm/fpdm_conditions.h"
#include "engine/pipelines/fpdm/fpdm_predictor.h"
#include "engine/schedulers/ddpm.h"
#include "parity/fpdm/fpdm_golden.h"

namespace atelier::parity {
namespace {

using engine::FpdmConditions;
using engine::FpdmInputs;

/// Rows of the published batch.
constexpr int64_t kBranches = 3;

Image PictureOf(const at::Tensor& hwc) {
  const at::Tensor bytes = hwc.contiguous();
  Image image(static_cast<int>(bytes.size(0)), static_cast<int>(bytes.size(1)),
              static_cast<int>(bytes.size(2)));
  std::memcpy(image.data.data(), bytes.data_ptr(), image.data.size());
  return image;
}

double PublishedGuidance() {
  return FpdmFolder().config().at("diffusion_hparams").at("guidance_scale");
}

/// Steps of the short run.
int StepsOf(const Tensors& goldens) {
  int steps = 0;
  while (goldens.contains("step" + std::to_string(steps) + "/latents")) ++steps;
  return steps;
}

int64_t PicturesOf(const Tensors& goldens) { return goldens.at("pipe/init_latents").size(0); }

FpdmInputs InputsOf(const Tensors& goldens, const LoadedFpdm& loaded) {
  std::vector<FpdmInputs> rows;
  for (int64_t i = 0; i < PicturesOf(goldens); ++i) {
    const std::string row = std::to_string(i);
    rows.push_back(engine::MakeFpdmInputs(loaded.model.conditioning.fpdm, loaded.networks,
                                          PictureOf(goldens.at("inputs/source_image_" + row)),
                                          PictureOf(goldens.at("inputs/target_pose_image_" + row)),
                                          loaded.model.info.height, loaded.model.info.width));
  }
  return engine::JoinFpdmInputs(rows);
}

FpdmConditions EncodedOf(const Tensors& goldens, LoadedFpdm& loaded) {
  return engine::EncodeFpdmConditions(loaded.networks, InputsOf(goldens, loaded));
}

/// Where the folder has it; the committed one leaves out what follows from the rest.
void CheckWhereGiven(const Tensors& goldens, const std::string& name, const at::Tensor& ours,
                     double bar = kFpdmModuleBar) {
  const auto golden = goldens.find(name);
  if (golden == goldens.end()) return;
  CHECK(Compare(name, ours, golden->second).relative() <= bar);
}

/// [1, 3, H, W] normalised -> the bytes that it was made from, [H, W, 3].
at::Tensor BytesOf(const at::Tensor& pixels, const std::vector<double>& mean,
                   const std::vector<double>& deviation) {
  const at::Tensor scaled = pixels * at::tensor(deviation, at::kFloat).view({1, 3, 1, 1}) +
                            at::tensor(mean, at::kFloat).view({1, 3, 1, 1});
  return (scaled * 255).round().to(at::kByte).squeeze(0).permute({1, 2, 0});
}

/// The published first step's noise and the noise of every step after it.
engine::SampleNoise NoiseOf(const Tensors& goldens, const std::string& prefix,
                            const std::string& name) {
  engine::SampleNoise noise{.initial = goldens.at("pipe/init_latents"), .next = {}};
  noise.next = [&goldens, prefix, name, step = 0]() mutable {
    return goldens.at(prefix + std::to_string(step++) + name);
  };
  return noise;
}

/// One evaluation of the published three branches at the first timestep.
engine::Prediction Step0(LoadedFpdm& loaded, const Tensors& goldens, double fusion_ratio,
                         double weight) {
  const engine::Predictor predict =
      engine::FpdmPredictor(loaded.networks.denoising_unet, EncodedOf(goldens, loaded),
                            {.weight = weight, .fusion_ratio = fusion_ratio});
  engine::DdpmScheduler scheduler(*engine::ParseSchedulerConfig(loaded.model.scheduler));
  scheduler.SetTimesteps(StepsOf(goldens));
  return predict(goldens.at("pipe/init_latents").to(Device()), scheduler.timesteps().front());
}

}  // namespace

TEST_CASE("Pictures reach the networks as the published data loader prepares them", "[parity]") {
  const Tensors goldens = ReadFpdmGoldens("golden_inference");
  const LoadedFpdm loaded = LoadFpdm();
  const FpdmInputs inputs = InputsOf(goldens, loaded);
  CHECK(Compare("pre/dino", inputs.source, goldens.at("pre/dino_pixel_values_source")).max <= 1e-6);
  CheckWhereGiven(goldens, "pre/clip_pixel_values_source", inputs.clip_source, 1e-6);
  CheckWhereGiven(goldens, "pre/clip_pixel_values_pose", inputs.clip_pose, 1e-6);
  const std::vector<double> mean{0.48145466, 0.4578275, 0.40821073};
  const std::vector<double> deviation{0.26862954, 0.26130258, 0.27577711};
  for (int64_t i = 0; i < PicturesOf(goldens); ++i) {
    const std::string row = std::to_string(i);
    CHECK(at::equal(BytesOf(inputs.clip_source.slice(0, i, i + 1), mean, deviation),
                    goldens.at("pre/u8_clip_source_" + row)));
    CHECK(at::equal(BytesOf(inputs.clip_pose.slice(0, i, i + 1), mean, deviation),
                    goldens.at("pre/u8_clip_pose_" + row)));
    CHECK(at::equal((inputs.pose[i] * 255).round().to(at::kByte).permute({1, 2, 0}),
                    goldens.at("pre/u8_target_pose_" + row)));
  }
}

TEST_CASE("Every network that reads a condition gives the published numbers", "[parity]") {
  torch::NoGradGuard no_grad;
  const Tensors goldens = ReadFpdmGoldens("golden_inference");
  LoadedFpdm loaded = LoadFpdm();
  const FpdmInputs inputs = InputsOf(goldens, loaded);
  const auto check = [&](const std::string& name, const at::Tensor& ours) {
    CHECK(Compare(name, ours, goldens.at(name)).relative() <= kFpdmModuleBar);
  };
  auto& clip = loaded.networks.image_encoder;
  const engine::ClipVisionOutput source = clip(inputs.clip_source.to(Device()));
  const engine::ClipVisionOutput pose = clip(inputs.clip_pose.to(Device()));
  check("feat/clip_source_image_embeds", source.image_embeds);
  check("feat/clip_source_last_hidden_state", source.last_hidden_state);
  check("feat/clip_pose_image_embeds", pose.image_embeds);
  check("feat/clip_pose_last_hidden_state", pose.last_hidden_state);
  check("feat/fusion_embedding", loaded.networks.combiner(source.image_embeds, pose.image_embeds));
  auto& dino = loaded.networks.dinov2_source;
  check("feat/dino_embeddings", dino->Embed(inputs.source.to(Device())));
  check("feat/dino_last_hidden_state", dino(inputs.source.to(Device())));

  const FpdmConditions conditions = EncodedOf(goldens, loaded);
  check("feat/src_tokens_proj", conditions.tokens);
  check("feat/pose_embedding", conditions.pose_features);
  check("feat/fusion_embedding", conditions.fusion);
}

TEST_CASE("Each branch of the guidance predicts as the published one, layer by layer", "[parity]") {
  torch::NoGradGuard no_grad;
  const Tensors goldens = ReadFpdmGoldens("golden_inference");
  LoadedFpdm loaded = LoadFpdm();
  const std::map<std::string, std::string> published_names = {{"time_embedding", "time_embedding"},
                                                              {"conv_in", "conv_in"},
                                                              {"down_blocks.0", "down0"},
                                                              {"down_blocks.1", "down1"},
                                                              {"down_blocks.2", "down2"},
                                                              {"down_blocks.3", "down3"},
                                                              {"mid_block", "mid"},
                                                              {"up_blocks.0", "up0"},
                                                              {"up_blocks.1", "up1"},
                                                              {"up_blocks.2", "up2"},
                                                              {"up_blocks.3", "up3"}};
  int compared = 0;
  loaded.networks.denoising_unet->set_probe([&](const std::string& name, const at::Tensor& value) {
    const auto published = published_names.find(name);
    if (published == published_names.end()) return;
    if (!goldens.contains("step0/" + published->second)) return;
    CheckWhereGiven(goldens, "step0/" + published->second, value);
    ++compared;
  });
  // The published weights are one weight: another ratio makes our third branch run.
  const engine::Prediction prediction = Step0(loaded, goldens, 2.0, 1.5);
  CHECK(compared >= 9);
  const std::vector<at::Tensor> branches = prediction.rows.chunk(kBranches);
  const char* names[] = {"step0/noise_pred_uncond", "step0/noise_pred_src",
                         "step0/noise_pred_global"};
  for (int64_t i = 0; i < kBranches; ++i)
    CHECK(Compare(names[i], branches[i], goldens.at(names[i])).relative() <= kFpdmModuleBar);
  CHECK(Compare("guided by 1.5 and 3.0", prediction.guided,
                goldens.at("step0/formula_only_guided_wsrc1.5_wfusion3.0"))
            .relative() <= kFpdmModuleBar);
}

TEST_CASE("With one weight two branches guide as the published three", "[parity]") {
  torch::NoGradGuard no_grad;
  const Tensors goldens = ReadFpdmGoldens("golden_inference");
  LoadedFpdm loaded = LoadFpdm();
  const engine::Prediction prediction = Step0(loaded, goldens, 1.0, PublishedGuidance());
  CHECK(prediction.rows.size(0) == 2 * PicturesOf(goldens));
  CHECK(Compare("step0/noise_pred_guided", prediction.guided, goldens.at("step0/noise_pred_guided"))
            .relative() <= kFpdmModuleBar);
  const engine::Prediction alone = Step0(loaded, goldens, 1.0, 1.0);
  CHECK(Compare("unguided", alone.guided, goldens.at("step0/noise_pred_global")).relative() <=
        kFpdmModuleBar);
}

TEST_CASE("The published short run is followed to its pictures", "[parity]") {
  torch::NoGradGuard no_grad;
  const Tensors goldens = ReadFpdmGoldens("golden_inference");
  LoadedFpdm loaded = LoadFpdm();
  engine::DdpmScheduler scheduler(*engine::ParseSchedulerConfig(loaded.model.scheduler));
  scheduler.SetTimesteps(StepsOf(goldens));
  if (FpdmFolder().is_committed())
    CHECK(scheduler.timesteps() == std::vector<int64_t>{751, 501, 251, 1});
  const auto latents = engine::Sample(
      scheduler, NoiseOf(goldens, "step", "/variance_noise"), Device(),
      engine::FpdmPredictor(loaded.networks.denoising_unet, EncodedOf(goldens, loaded),
                            {.weight = PublishedGuidance(), .fusion_ratio = 1.0}),
      [&](const engine::DenoiseStep& state) {
        const std::string step = "step" + std::to_string(state.step - 1);
        // A step's error is the next one's input: the first is a module's, the last the run's.
        CHECK(Compare(step + "/latents", state.latents, goldens.at(step + "/latents")).max <=
              kFpdmLatentsBar);
        return true;
      });
  REQUIRE(latents.has_value());
  const at::Tensor pictures =
      engine::DecodeLatents(loaded.networks.vae, *latents, loaded.model.conditioning.latent_scale);
  for (int64_t i = 0; i < PicturesOf(goldens); ++i) {
    const at::Tensor bytes = (pictures[i] * 255).round().permute({1, 2, 0}).cpu();
    const at::Tensor golden = goldens.at("final/image_u8_" + std::to_string(i)).to(at::kFloat);
    CHECK(Compare("final/image", bytes, golden).max <= 1.0);
  }
}

TEST_CASE("A longer published run is followed, where the folder has one", "[parity]") {
  torch::NoGradGuard no_grad;
  const std::string name = "golden_inference_20steps";
  if (!std::filesystem::exists(FpdmFolder().root() / (name + ".safetensors"))) {
    CHECK(FpdmFolder().is_committed());
    return;
  }
  const Tensors run = ReadFpdmGoldens(name), goldens = ReadFpdmGoldens("golden_inference");
  LoadedFpdm loaded = LoadFpdm();
  engine::DdpmScheduler scheduler(*engine::ParseSchedulerConfig(loaded.model.scheduler));
  const at::Tensor timesteps = run.at("timesteps"), noises = run.at("variance_noise_all_steps");
  scheduler.SetTimesteps(static_cast<int>(timesteps.size(0)));
  for (int64_t i = 0; i < timesteps.size(0); ++i)
    CHECK(scheduler.timesteps()[static_cast<size_t>(i)] == timesteps[i].item<int64_t>());
  engine::SampleNoise noise{.initial = run.at("init_latents"),
                            .next = [&, step = 0]() mutable { return noises[step++]; }};
  const at::Tensor golden = run.at("latents_all_steps");
  const auto latents = engine::Sample(
      scheduler, noise, Device(),
      engine::FpdmPredictor(loaded.networks.denoising_unet, EncodedOf(goldens, loaded),
                            {.weight = PublishedGuidance(), .fusion_ratio = 1.0}),
      [&](const engine::DenoiseStep& state) {
        return Compare("latents", state.latents, golden[state.step - 1]).max <= kFpdmLatentsBar;
      });
  CHECK(latents.has_value());
}

}  // namespace atelier::parity
