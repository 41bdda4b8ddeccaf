// Painting on a device that is not the CPU: nothing of the CPU's is left where the networks are.
#include "support/catch_torch.h"

// The order matters: catch_torch.h first.
#include "engine/pipelines/mcld/mcld_networks.h"
#include "engine/pipelines/registry.h"
#include "engine/schedulers/scheduler.h"
#include "support/other_device.h"

namespace atelier::engine {
namespace {

ModelFolder TheModel() {
  auto model = ReadModelFolder(ATELIER_SOURCE_DIR "/models/atelier-mini");
  if (!model.has_value()) FAIL(model.error().message);
  return *model;
}

ConditionInputs SomeInputs(const ModelFolder& model, const McldNetworks& networks) {
  at::manual_seed(4);
  const int64_t height = model.info.height, width = model.info.width;
  const int64_t clip = networks.image_encoder->config().image_size;
  return {.source_clip_pixels = at::randn({1, 3, clip, clip}),
          .texture_clip_pixels = at::randn({1, 3, clip, clip}),
          .texture =
              at::rand({1, 3, model.conditioning.texture_height, model.conditioning.texture_width}),
          .face_embedding = at::randn({1, model.info.face_embedding_size}),
          .iuv = at::randint(0, 25, {1, 3, height, width}, at::kByte),
          .warp = at::rand({1, 4, height, width})};
}

/// A picture [1, 3, H, W] in 0..1, painted on `device`.
at::Tensor Paint(const ModelFolder& model, const at::Device& device, const std::string& scheduler) {
  const c10::InferenceMode inference;
  auto networks = LoadMcldNetworks(model, device, at::kFloat);
  if (!networks.has_value()) FAIL(networks.error().message);
  const auto config = ParseSchedulerConfig(model.scheduler);
  REQUIRE(config.has_value());
  const auto steps = MakeScheduler(scheduler, *config);
  REQUIRE(steps.has_value());
  (*steps)->SetTimesteps(3);
  const std::vector<uint64_t> seeds = {9};
  const SampleNoise noise =
      SeededNoise(seeds, networks->vae->config().latent_channels, model.info.height / kLatentPixels,
                  model.info.width / kLatentPixels);
  const auto latents =
      Denoise(networks->denoising_unet, **steps,
              EncodeConditions(*networks, model.conditioning, SomeInputs(model, *networks)), noise,
              2.0, [](const DenoiseStep&) { return true; });
  if (!latents.has_value()) FAIL(latents.error().message);
  const at::Tensor picture =
      DecodeLatents(networks->vae, *latents, model.conditioning.latent_scale);
  CHECK(picture.device() == device);
  return picture.cpu();
}

}  // namespace

TEST_CASE("A picture is painted on another device as on the CPU", "[engine]") {
  const ModelFolder model = TheModel();
  const std::string scheduler = GENERATE("ddim", "dpmpp_2m", "unipc", "ddpm");
  const at::Tensor here = Paint(model, at::kCPU, scheduler);
  const at::Tensor there = Paint(model, testing::OtherDevice(), scheduler);
  INFO(scheduler);
  CHECK((here - there).abs().max().item<float>() < 2e-3F);
}

}  // namespace atelier::engine
