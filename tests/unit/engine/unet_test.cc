#include "support/catch_torch.h"

// The order matters: catch_torch.h first.
#include <ATen/Parallel.h>

#include <nlohmann/json.hpp>

#include "base/random.h"
#include "engine/images/tensor.h"
#include "engine/models/unet/unet.h"
#include "engine/pipelines/mcld/mcld_networks.h"
#include "engine/pipelines/registry.h"
#include "engine/weights/load.h"
#include "support/tiny_model.h"

namespace atelier::engine {
namespace {

// Toy sizes: a second thread only waits, long when the machine is busy.
[[maybe_unused]] const bool kOneThread = (at::set_num_threads(1), true);

/// Three levels, attention on the two lower ones: not Stable Diffusion's shape.
UNetConfig SmallConfig(bool is_reference) {
  const nlohmann::json json = {
      {"block_out_channels", {8, 16, 16}},
      {"down_block_types", {"DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"}},
      {"up_block_types", {"CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"}},
      {"attention_head_dim", {1, 2, 4}},
      {"cross_attention_dim", 24},
      {"norm_num_groups", 4},
      {"layers_per_block", 1},
      {"is_reference", is_reference},
      {"face_tokens", is_reference ? 0 : 3},
      {"extra_in_channels", is_reference ? 0 : 5},
      {"ip_adapter_scale", 0.5}};
  auto config = ParseUNetConfig(json);
  if (!config.has_value()) FAIL(config.error().message);
  return *config;
}

/// A batch of `rows` with every input that a denoising network has.
struct Batch {
  explicit Batch(int64_t rows)
      : sample(at::randn({rows, 9, 8, 6})),
        timesteps(at::randint(0, 1000, {rows}, at::kLong)),
        tokens{.down = at::randn({rows, 4, 24}),
               .mid = at::randn({rows, 5, 24}),
               .up = at::randn({rows, 4, 24})},
        pose(at::randn({rows, 8, 8, 6})) {}

  at::Tensor sample, timesteps;
  ConditionTokens tokens;
  at::Tensor pose;
};

ConditionTokens Rows(const ConditionTokens& tokens, int64_t begin, int64_t end) {
  return {.down = tokens.down.slice(0, begin, end),
          .mid = tokens.mid.slice(0, begin, end),
          .up = tokens.up.slice(0, begin, end)};
}

double MaxDifference(const at::Tensor& a, const at::Tensor& b) {
  return (a - b).abs().max().item<double>();
}

}  // namespace

TEST_CASE("A UNet config that no network can have is refused by key", "[unet]") {
  nlohmann::json json = {{"block_out_channels", {8, 16}},
                         {"down_block_types", {"DownBlock2D", "CrossAttnDownBlock2D"}},
                         {"up_block_types", {"CrossAttnUpBlock2D", "UpBlock2D"}},
                         {"attention_head_dim", 4},
                         {"cross_attention_dim", 24},
                         {"norm_num_groups", 4}};
  REQUIRE(ParseUNetConfig(json).has_value());
  const auto check_blames = [&](const std::string& field) {
    const auto config = ParseUNetConfig(json);
    REQUIRE_FALSE(config.has_value());
    CHECK(config.error().field == field);
  };
  SECTION("heads that do not divide the channels") {
    json["attention_head_dim"] = 3;
    check_blames("attention_head_dim");
  }
  SECTION("groups that do not divide the channels") {
    json["norm_num_groups"] = 32;
    check_blames("block_out_channels");
  }
  SECTION("up levels that are not the down levels mirrored") {
    json["up_block_types"] = {"UpBlock2D", "CrossAttnUpBlock2D"};
    check_blames("up_block_types");
  }
  SECTION("a block type of another network") {
    json["down_block_types"][0] = "AttnDownBlock2D";
    check_blames("down_block_types");
  }
}

TEST_CASE("A missing or mistyped key of a UNet config is an error, not a crash", "[unet]") {
  CHECK_FALSE(ParseUNetConfig(nlohmann::json::object()).has_value());
  CHECK_FALSE(ParseUNetConfig({{"block_out_channels", "wide"}}).has_value());
}

TEST_CASE("Rows without a reference and rows that drop theirs paint the same", "[unet]") {
  torch::NoGradGuard no_grad;
  torch::manual_seed(1);
  UNet reader(SmallConfig(true)), unet(SmallConfig(false));
  const Batch batch(3);
  const ReferenceFeatures all =
      reader->ReadReference(at::randn({3, 4, 8, 6}), at::randn({3, 1, 24}));
  const at::Tensor keep = at::tensor({0, 1, 1}, at::kLong).to(at::kBool);
  ReferenceFeatures last_two;
  for (const auto& [name, features] : all) last_two[name] = features.slice(0, 1);

  const auto forward = [&](const ReferenceFeatures* reference, const at::Tensor& mask) {
    return unet->Forward(batch.sample, batch.timesteps, batch.tokens, batch.pose, reference, mask);
  };
  const at::Tensor dropped = forward(&all, keep);
  CHECK(MaxDifference(dropped, forward(&last_two, {})) < 1e-5);
  CHECK(MaxDifference(dropped, forward(&all, {})) > 1e-4);
  CHECK(MaxDifference(dropped[0], forward(nullptr, {})[0]) < 1e-5);
}

TEST_CASE("Rows at different timesteps do not mix", "[unet]") {
  torch::NoGradGuard no_grad;
  torch::manual_seed(2);
  UNet unet(SmallConfig(false));
  const Batch batch(3);
  const at::Tensor together =
      unet->Forward(batch.sample, batch.timesteps, batch.tokens, batch.pose, nullptr);
  for (int64_t i = 0; i < 3; ++i) {
    const at::Tensor alone =
        unet->Forward(batch.sample.slice(0, i, i + 1), batch.timesteps.slice(0, i, i + 1),
                      Rows(batch.tokens, i, i + 1), batch.pose.slice(0, i, i + 1), nullptr);
    CHECK(MaxDifference(together.slice(0, i, i + 1), alone) < 1e-5);
  }
}

TEST_CASE("A loss reaches the reference network through the features it handed over", "[unet]") {
  torch::manual_seed(3);
  UNet reader(SmallConfig(true)), unet(SmallConfig(false));
  const Batch batch(2);
  const ReferenceFeatures features =
      reader->ReadReference(at::randn({2, 4, 8, 6}), at::randn({2, 1, 24}));
  unet->Forward(batch.sample, batch.timesteps, batch.tokens, batch.pose, &features)
      .square()
      .mean()
      .backward();
  CHECK(reader->named_parameters()["conv_in.weight"].grad().abs().sum().item<double>() > 0);
  // Every weight that the loss depends on; a single key's softmax does not depend on query or key.
  for (const auto& item : unet->named_parameters()) {
    const bool single_key = item.key().find("mid_block") == std::string::npos &&
                            item.key().find("attn2.to_k.") != std::string::npos;
    INFO(item.key());
    CHECK(item.value().grad().defined() != single_key);
  }
}

TEST_CASE("A one-hot IUV says the part once and keeps U and V", "[conditions]") {
  const at::Tensor iuv = at::tensor({24, 51, 255}, at::kInt).to(at::kByte).view({1, 3, 1, 1});
  const at::Tensor encoded = EncodeIuv(iuv, IuvEncoding::kOneHot).flatten();
  REQUIRE(encoded.size(0) == IuvChannels(IuvEncoding::kOneHot));
  CHECK(encoded.slice(0, 0, 24).abs().sum().item<float>() == 0.0f);
  CHECK(encoded[24].item<float>() == 1.0f);
  CHECK(encoded[25].item<float>() == Approx(0.2));
  CHECK(encoded[26].item<float>() == 1.0f);
}

TEST_CASE(
    "A tall picture reaches the image encoder cut as published, or whole where a model says so",
    "[conditions]") {
  Image picture(60, 20, 3);  // black, white, black from top to bottom
  for (int y = 20; y < 40; ++y)
    for (int x = 0; x < 20; ++x) std::fill_n(picture.at(y, x), 3, uint8_t{255});
  const at::Tensor cut = ClipPixels(picture, 20, ClipInput::kCrop);
  const at::Tensor whole = ClipPixels(picture, 20, ClipInput::kSquash);
  REQUIRE(cut.sizes() == at::IntArrayRef({1, 3, 20, 20}));
  REQUIRE(whole.sizes() == cut.sizes());
  CHECK(cut.min().item<float>() > 1.0f);
  CHECK(whole.select(2, 0).max().item<float>() < -1.0f);
  CHECK(whole.select(2, 10).min().item<float>() > 1.0f);
  CHECK(ClipInputOf({}) == ClipInput::kCrop);
  CHECK(ClipInputOf({.clip_input = "squash"}) == ClipInput::kSquash);
}

TEST_CASE("A model that sees the warped texture in pose and latents paints from random weights",
          "[painter]") {
  torch::manual_seed(5);
  testing::TinyModelFolder folder;
  auto& model = folder.model();
  model["conditioning"] = {
      {"texture_layout", "atlas"},    {"texture_height", 64},
      {"texture_width", 96},          {"iuv_encoding", "one_hot"},
      {"reference_dtype", "float32"}, {"texture_warp", {{"pose_guider", true}, {"latents", true}}}};
  model["components"]["pose_guider"]["config"]["conditioning_channels"] = 31;
  model["components"]["pose_guider"]["weights"] = "guider.safetensors";
  model["components"]["denoising_unet"]["weights"] = "unet.safetensors";
  folder.Write();
  auto read = ReadModelFolder(folder.path());
  REQUIRE(read.has_value());
  auto networks = MakeMcldNetworks(*read);
  if (!networks.has_value()) FAIL(networks.error().message);
  CHECK(networks->denoising_unet->config().extra_in_channels == 5);
  REQUIRE(WriteSafetensors(folder.path() / "guider.safetensors", StateDict(*networks->pose_guider))
              .has_value());
  REQUIRE(WriteSafetensors(folder.path() / "unet.safetensors", StateDict(*networks->denoising_unet))
              .has_value());

  auto painter = Painter::Load(folder.path(), PainterOptions{.threads = 1});
  if (!painter.has_value()) FAIL(painter.error().message);
  PaintRequest request;
  request.source = Image(64, 48, 3, 90);
  request.texture_map = Image(64, 96, 3, 200);
  request.iuv = Image(64, 48, 3, 2);
  PaintOptions options;
  options.height = 64;
  options.width = 48;
  options.steps = 2;
  const auto first = (*painter)->Paint({&request, 1}, options, nullptr);
  if (!first.has_value()) FAIL(first.error().message);
  CHECK(first->front().height == 64);
  // The validity alone changes what the networks see.
  request.texture_validity = Image(64, 96, 1, 51);
  const auto second = (*painter)->Paint({&request, 1}, options, nullptr);
  REQUIRE(second.has_value());
  CHECK_FALSE(first->front() == second->front());
}

TEST_CASE("A model with a texture completion never sees what stands in unseen texels",
          "[painter]") {
  torch::manual_seed(8);
  testing::TinyModelFolder folder;
  auto& model = folder.model();
  const nlohmann::json smpl = model["conditioning"];
  model["conditioning"] = {
      {"texture_layout", "atlas"}, {"texture_height", 64}, {"texture_width", 96}};
  model["components"]["texture_completion"] = {
      {"weights", "completion.safetensors"},
      {"config", {{"components", 2}, {"body_side", 2}, {"head_side", 4}}}};
  folder.Write();
  const TextureCompletionConfig config{.components = 2, .body_side = 2, .head_side = 4};
  REQUIRE(WriteSafetensors(folder.path() / "completion.safetensors",
                           {{"mean", at::rand({config.cells(), 3})},
                            {"components", 0.1 * at::randn({config.cells(), 3, 2})},
                            {"noise", at::ones({config.cells()})}}));
  auto painter = Painter::Load(folder.path(), PainterOptions{.threads = 1});
  if (!painter.has_value()) FAIL(painter.error().message);

  PaintRequest request;
  request.source = Image(64, 48, 3, 90);
  request.texture_map = Image(64, 96, 3, 200);
  request.texture_validity = Image(64, 96, 1, kTexelSeen);
  request.iuv = Image(64, 48, 3, 2);
  const auto paint = [&] {
    PaintOptions options;
    options.height = 64;
    options.width = 48;
    options.steps = 2;
    const auto pictures = (*painter)->Paint({&request, 1}, options, nullptr);
    if (!pictures.has_value()) FAIL(pictures.error().message);
    return pictures->front();
  };
  const Image all_seen = paint();
  for (size_t i = 0; i < 64 * 96; i += 3) request.texture_validity.data[i] = kTexelGuessed;
  const Image some_guessed = paint();
  CHECK_FALSE(some_guessed == all_seen);
  for (size_t i = 0; i < 64 * 96; i += 3) request.texture_map.data[3 * i] = 7;
  CHECK(paint() == some_guessed);

  // Its parts are an atlas's.
  model["conditioning"] = smpl;
  folder.Write();
  const auto refused = Painter::Load(folder.path(), PainterOptions{.threads = 1});
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().field == "components.texture_completion");
}

TEST_CASE("With the prior a silent network paints the warped texture at once", "[painter]") {
  torch::manual_seed(6);
  testing::TinyModelFolder folder;
  auto& model = folder.model();
  model["conditioning"] = {{"texture_layout", "atlas"},
                           {"texture_height", 64},
                           {"texture_width", 96},
                           {"texture_warp", {{"latents", true}, {"prior_deviation", 0.8}}}};
  folder.Write();
  auto read = ReadModelFolder(folder.path());
  REQUIRE(read.has_value());
  auto networks = MakeMcldNetworks(*read);
  if (!networks.has_value()) FAIL(networks.error().message);
  const at::NoGradGuard no_grad;
  auto parameters = networks->denoising_unet->named_parameters();
  parameters["conv_out.weight"].zero_();
  parameters["conv_out.bias"].zero_();
  const int64_t clip = networks->image_encoder->config().image_size;
  const ConditionInputs inputs{.source_clip_pixels = at::randn({1, 3, clip, clip}),
                               .texture_clip_pixels = at::randn({1, 3, clip, clip}),
                               .texture = at::rand({1, 3, 64, 96}),
                               .face_embedding = at::randn({1, read->info.face_embedding_size}),
                               .iuv = at::randint(0, 25, {1, 3, 64, 48}, at::kByte),
                               .warp = at::rand({1, 4, 64, 48})};
  const EncodedConditions conditions = EncodeConditions(*networks, read->conditioning, inputs);
  const auto scheduler = MakeScheduler("ddim", SchedulerConfig());
  REQUIRE(scheduler.has_value());
  (*scheduler)->SetTimesteps(1);
  const auto latents =
      Denoise(networks->denoising_unet, **scheduler, conditions,
              {.initial = at::randn({1, 4, 8, 6}), .next = {}}, 3.0, DenoiseCallback());
  REQUIRE(latents.has_value());
  CHECK(MaxDifference(*latents, conditions.extra_latents.slice(1, 0, 4)) < 1e-5);

  // The prior is of v-prediction alone.
  model["scheduler"]["prediction_type"] = "sample";
  folder.Write();
  read = ReadModelFolder(folder.path());
  REQUIRE(read.has_value());
  const auto refused = MakeMcldNetworks(*read);
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().field == "conditioning.texture_warp.prior_deviation");
}

}  // namespace atelier::engine
