#include "support/catch_torch.h"

// The order matters: catch_torch.h first.
#include "engine/images/tensor.h"
#include "engine/pipelines/mcld_pipeline.h"
#include "engine/schedulers/ddim.h"
#include "parity/golden.h"
#include "support/tiny_model.h"

namespace atelier::parity {
namespace {

using engine::ConditionInputs;
using engine::DdimScheduler;
using engine::DenoiseStep;
using engine::EncodedConditions;
using engine::McldNetworks;
using engine::ModelFolder;

constexpr double kModuleBar = 1e-4;
// End to end, the published code differs from itself by up to 1.2e-4 between kernels.
constexpr double kLatentsBar = 4e-4;
constexpr double kImageBar = 1.5e-4;

struct Loaded {
  testing::TinyModelFolder folder;
  ModelFolder model;
  McldNetworks networks;
};

std::unique_ptr<Loaded> Load() {
  auto loaded = std::make_unique<Loaded>();
  auto model = engine::ReadModelFolder(loaded->folder.path());
  if (!model.has_value()) FAIL(model.error().message);
  loaded->model = *model;
  auto networks = engine::LoadMcldNetworks(*model, at::kCPU, at::kFloat);
  if (!networks.has_value()) FAIL(networks.error().message);
  loaded->networks = *networks;
  return loaded;
}

Image PictureOf(const at::Tensor& nhwc, int64_t row) {
  const at::Tensor bytes = nhwc[row].contiguous();
  Image image(static_cast<int>(bytes.size(0)), static_cast<int>(bytes.size(1)), 3);
  std::memcpy(image.data.data(), bytes.data_ptr(), image.data.size());
  return image;
}

/// The golden inputs. Their IUV pictures hold (V, U, I), and parts beyond 24: noise, not a person.
ConditionInputs InputsOf(const Tensors& goldens, int64_t clip_size) {
  std::vector<at::Tensor> source, texture;
  const int64_t rows = goldens.at("source_u8").size(0);
  for (int64_t row = 0; row < rows; ++row) {
    source.push_back(engine::ClipPixels(PictureOf(goldens.at("source_u8"), row), clip_size));
    texture.push_back(engine::ClipPixels(PictureOf(goldens.at("texture_u8"), row), clip_size));
  }
  ConditionInputs inputs;
  inputs.source_clip_pixels = at::cat(source);
  inputs.texture_clip_pixels = at::cat(texture);
  inputs.texture = goldens.at("texture_u8").permute({0, 3, 1, 2}).to(at::kFloat).contiguous() / 255;
  inputs.iuv = goldens.at("pose_iuv_u8").permute({0, 3, 1, 2}).flip({1}).contiguous();
  inputs.face_embedding = goldens.at("face_emb").squeeze(1);
  return inputs;
}

EncodedConditions Encode(Loaded& loaded, const Tensors& inputs) {
  return engine::EncodeConditions(
      loaded.networks, loaded.model.conditioning,
      InputsOf(inputs, loaded.networks.image_encoder->config().image_size));
}

DdimScheduler SchedulerOf(const Loaded& loaded, int steps) {
  DdimScheduler scheduler(*engine::ParseSchedulerConfig(loaded.model.scheduler));
  scheduler.SetTimesteps(steps);
  return scheduler;
}

}  // namespace

TEST_CASE("Every condition of the published pipeline is encoded to the published tensors",
          "[parity]") {
  torch::NoGradGuard no_grad;
  const auto loaded = Load();
  const Tensors goldens = ReadGoldens("conditions.safetensors");
  const Tensors step = ReadGoldens("unet_step0.safetensors");
  const ConditionInputs inputs = InputsOf(ReadGoldens("inputs.safetensors"), 224);
  const auto check = [](const char* name, const at::Tensor& ours, const at::Tensor& golden) {
    CHECK(Compare(name, ours, golden).relative() <= kModuleBar);
  };
  check("clip.source.pixel_values", inputs.source_clip_pixels,
        goldens.at("clip.source.pixel_values"));
  check("clip.texture.pixel_values", inputs.texture_clip_pixels,
        goldens.at("clip.texture.pixel_values"));
  auto& networks = loaded->networks;
  const auto clip = networks.image_encoder(inputs.source_clip_pixels);
  check("clip.source.last_hidden_state", clip.last_hidden_state,
        goldens.at("clip.source.last_hidden_state"));
  check("clip.source.image_embeds", clip.image_embeds, goldens.at("clip.source.image_embeds"));
  check("face.tokens", networks.face_resampler(goldens.at("face.embedding_in")),
        goldens.at("face.tokens"));
  check("face.tokens_for_zero_embedding",
        networks.face_resampler(at::zeros_like(goldens.at("face.embedding_in"))),
        goldens.at("face.tokens_for_zero_embedding"));
  check("vae.moments", networks.vae->Encode(inputs.texture * 2 - 1), goldens.at("vae.moments"));
  check("ref.latents_in", engine::EncodeLatents(networks.vae, inputs.texture, 0.18215),
        ReadGoldens("reference.safetensors").at("ref.latents_in").slice(0, 1, 2));

  const EncodedConditions conditions = Encode(*loaded, ReadGoldens("inputs.safetensors"));
  check("pose.output", conditions.pose_features, goldens.at("pose.output"));
  // The published batch has zero tokens in its unconditional half, which ours leaves out.
  const std::map<const char*, at::Tensor> stages{{"unet.down_tokens", conditions.tokens.down},
                                                 {"unet.mid_tokens", conditions.tokens.mid},
                                                 {"unet.up_tokens", conditions.tokens.up}};
  for (const auto& [name, tokens] : stages) {
    const auto halves = step.at(name).chunk(2);
    CHECK(halves[0].count_nonzero().item<int64_t>() == 0);
    check(name, tokens, halves[1]);
  }
}

TEST_CASE("Noise is the published generator's, and one picture's does not depend on the next",
          "[parity]") {
  const at::Tensor golden = ReadGoldens("inputs.safetensors").at("noise_latents");
  const std::vector<uint64_t> seeds{7, 42};
  const at::Tensor noise = engine::SeededNoise(seeds, 4, 16, 16);
  CHECK(Compare("noise_latents", noise.slice(0, 1, 2), golden).max == 0);
}

TEST_CASE("Four guided steps follow the published ones to the picture", "[parity]") {
  torch::NoGradGuard no_grad;
  const auto loaded = Load();
  const Tensors inputs = ReadGoldens("inputs.safetensors");
  const Tensors run = ReadGoldens("run4_g3.5.safetensors");
  DdimScheduler scheduler = SchedulerOf(*loaded, 4);
  const auto compare = [&run](const DenoiseStep& state) {
    const std::string prefix = "step" + std::to_string(state.step - 1) + ".";
    CHECK(state.timestep == run.at(prefix + "timestep").item<int64_t>());
    CHECK(Compare(prefix + "unet_out", state.prediction_rows, run.at(prefix + "unet_out")).max <=
          kLatentsBar);
    CHECK(Compare(prefix + "v_guided", state.prediction, run.at(prefix + "v_guided")).max <=
          kLatentsBar);
    CHECK(Compare(prefix + "latents_out", state.latents, run.at(prefix + "latents_out")).max <=
          kLatentsBar);
    return true;
  };
  const auto latents =
      engine::Denoise(loaded->networks.denoising_unet, scheduler, Encode(*loaded, inputs),
                      inputs.at("noise_latents"), 3.5, compare);
  REQUIRE(latents.has_value());
  CHECK(Compare("final.latents", *latents, run.at("final.latents")).max <= kLatentsBar);
  const at::Tensor picture = engine::DecodeLatents(loaded->networks.vae, *latents, 0.18215);
  CHECK(Compare("final.image", picture, run.at("final.image")).max <= kImageBar);
}

TEST_CASE("Twenty guided steps end in the published picture", "[parity]") {
  torch::NoGradGuard no_grad;
  const auto loaded = Load();
  const Tensors inputs = ReadGoldens("inputs.safetensors");
  const Tensors run = ReadGoldens("run20_g3.5.safetensors");
  DdimScheduler scheduler = SchedulerOf(*loaded, 20);
  const auto latents =
      engine::Denoise(loaded->networks.denoising_unet, scheduler, Encode(*loaded, inputs),
                      inputs.at("noise_latents"), 3.5, nullptr);
  REQUIRE(latents.has_value());
  CHECK(Compare("final.latents", *latents, run.at("final.latents")).max <= kLatentsBar);
  const at::Tensor picture = engine::DecodeLatents(loaded->networks.vae, *latents, 0.18215);
  CHECK(Compare("final.image", picture, run.at("final.image")).max <= kImageBar);
}

TEST_CASE("Without guidance the conditional rows alone run, to the published latents", "[parity]") {
  torch::NoGradGuard no_grad;
  const auto loaded = Load();
  const Tensors inputs = ReadGoldens("inputs.safetensors");
  const Tensors run = ReadGoldens("run4_g1.0_nocfg.safetensors");
  DdimScheduler scheduler = SchedulerOf(*loaded, 4);
  const auto latents =
      engine::Denoise(loaded->networks.denoising_unet, scheduler, Encode(*loaded, inputs),
                      inputs.at("noise_latents"), 1.0, nullptr);
  REQUIRE(latents.has_value());
  CHECK(Compare("final.latents, no guidance", *latents, run.at("final.latents")).max <=
        kLatentsBar);
}

TEST_CASE("Two pictures in one batch end in the published latents", "[parity]") {
  torch::NoGradGuard no_grad;
  const auto loaded = Load();
  const Tensors run = ReadGoldens("batch2_run4_g3.5.safetensors");
  DdimScheduler scheduler = SchedulerOf(*loaded, 4);
  const auto latents = engine::Denoise(loaded->networks.denoising_unet, scheduler,
                                       Encode(*loaded, run), run.at("noise_latents"), 3.5, nullptr);
  REQUIRE(latents.has_value());
  CHECK(Compare("final.latents, batch of two", *latents, run.at("final.latents")).max <=
        kLatentsBar);
}

}  // namespace atelier::parity
