// The small networks against the published code's tensors (tests/parity/data, see golden.h there).
#include <ATen/ATen.h>
#include <torch/nn.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "engine/images/tensor.h"
#include "engine/models/clip_vision.h"
#include "engine/models/pose_guider.h"
#include "engine/models/resampler.h"
#include "engine/models/vae.h"
#include "engine/weights/load.h"
#include "support/catch_torch.h"

namespace atelier::engine {
namespace {

const std::string kData = std::string(ATELIER_SOURCE_DIR) + "/tests/parity/data/";

TensorMap Read(const std::string& name) {
  auto tensors = ReadWeights(std::filesystem::path(kData + name));
  REQUIRE(tensors.has_value());
  return std::move(tensors).value();
}

nlohmann::json Config(const std::string& part) {
  std::ifstream file(kData + "config.json");
  return nlohmann::json::parse(file).at(part);
}

void Load(torch::nn::Module& module, const std::string& name, const LoadOptions& options = {}) {
  const Status status = LoadStateDict(module, Read("weights/" + name + ".safetensors"), options);
  INFO((status.has_value() ? "" : status.error().message));
  REQUIRE(status.has_value());
  module.eval();
}

/// Of the golden's largest number. Each of these networks of the published code (diffusers,
/// transformers) differs from itself by up to 1.7e-6 between this machine's kernels and those
/// without wide vectors.
constexpr double kGoldenBar = 5e-6;

double Difference(const at::Tensor& ours, const at::Tensor& golden) {
  REQUIRE(ours.numel() == golden.numel());
  return ((ours - golden.reshape_as(ours)).abs().max() / golden.abs().max()).item<double>();
}

/// uint8 [B, H, W, 3] -> float [B, 3, H, W] in 0..1.
at::Tensor Picture(const at::Tensor& bytes) {
  return bytes.permute({0, 3, 1, 2}).contiguous().to(at::kFloat).div(255.0);
}

TEST_CASE("The VAE encodes and decodes as the published one", "[models]") {
  const at::NoGradGuard no_grad;
  const auto config = ParseVaeConfig(Config("vae"));
  REQUIRE(config.has_value());
  CHECK(config->scale() == 8);
  AutoencoderKL vae(*config);
  Load(*vae, "vae");
  const at::Tensor texture = Picture(Read("inputs.safetensors").at("texture_u8"));
  const at::Tensor moments = vae->Encode(texture * 2.0 - 1.0);
  CHECK(Difference(moments, Read("conditions.safetensors").at("vae.moments")) < kGoldenBar);
  const TensorMap run = Read("run4_g3.5.safetensors");
  CHECK(Difference(vae->Decode(run.at("vae.decode_input")), run.at("vae.decoder_out")) <
        kGoldenBar);
}

TEST_CASE("The VAE can be trained: every parameter receives a gradient", "[models]") {
  at::manual_seed(1);
  for (const bool attention : {true, false}) {
    const auto config = ParseVaeConfig({{"block_out_channels", {8, 16}},
                                        {"norm_num_groups", 4},
                                        {"layers_per_block", 1},
                                        {"latent_channels", 6},
                                        {"mid_block_attention", attention}});
    REQUIRE(config.has_value());
    AutoencoderKL vae(*config);
    const at::Tensor picture = at::rand({2, 3, 16, 24}) * 2 - 1;
    const Posterior posterior(vae->Encode(picture));
    CHECK(posterior.mean.sizes() == at::IntArrayRef({2, 6, 8, 12}));
    const at::Tensor decoded = vae->Decode(posterior.Sample(at::randn_like(posterior.mean)));
    ((decoded - picture).abs().mean() + 1e-3 * posterior.Kl().mean()).backward();
    for (const auto& item : vae->named_parameters()) {
      INFO(item.key());
      REQUIRE(item.value().grad().defined());
    }
    CHECK(vae->named_parameters().contains("encoder.mid_block.attentions.0.to_out.0.weight") ==
          attention);
  }
}

TEST_CASE("A VAE of block cosines learns to add to what they say", "[models]") {
  at::manual_seed(1);
  const auto config = ParseVaeConfig({{"block_out_channels", {8, 16}},
                                      {"norm_num_groups", 4},
                                      {"layers_per_block", 1},
                                      {"patch_size", 2},
                                      {"latent_channels", 12},
                                      {"block_cosines", {8, 2, 2}},
                                      {"mid_block_attention", false}});
  REQUIRE(config.has_value());
  CHECK(config->scale() == 4);
  AutoencoderKL vae(*config);
  const BlockCosines cosines(4, {8, 2, 2});
  const at::Tensor picture = at::rand({2, 3, 16, 24}) * 2 - 1;
  const Posterior posterior(vae->Encode(picture));
  CHECK(at::equal(posterior.mean, cosines.Transform(picture)));
  const at::Tensor sampled = posterior.Sample(at::ones_like(posterior.mean));
  CHECK((sampled - posterior.mean).abs().max().item<double>() < 1e-5);
  // Fresh, the decoder adds nothing; half the size is a cheap look.
  const at::Tensor plain = cosines.Invert(posterior.mean);
  const at::Tensor decoded = vae->Decode(posterior.mean);
  CHECK(at::equal(decoded, plain));
  CHECK(at::equal(vae->DecodeSmall(posterior.mean), at::avg_pool2d(plain, {2, 2})));
  (decoded - picture).abs().mean().backward();
  for (const auto& item : vae->named_parameters()) {
    INFO(item.key());
    REQUIRE(item.value().grad().defined());
    CHECK(item.key().starts_with("decoder."));
  }
  CHECK(vae->decoder()->last_layer()->weight.grad().abs().sum().item<double>() > 0);
}

TEST_CASE("Block cosines that do not make the latents are refused", "[models]") {
  const auto refused = [](const nlohmann::json& counts) {
    const auto config = ParseVaeConfig({{"latent_channels", 12}, {"block_cosines", counts}});
    REQUIRE_FALSE(config.has_value());
    CHECK(config.error().field == "vae.config.block_cosines");
  };
  refused({8, 2});
  refused({8, 2, 3});
  refused({8, 4, 0});
  refused("many");
}

TEST_CASE("Latents of half the size decode to a picture of half the size", "[models]") {
  at::manual_seed(1);
  const auto config = ParseVaeConfig(
      {{"block_out_channels", {8, 16}}, {"norm_num_groups", 4}, {"layers_per_block", 1}});
  REQUIRE(config.has_value());
  AutoencoderKL vae(*config);
  const at::Tensor latents = at::randn({1, 4, 8, 6});
  CHECK(at::equal(vae->DecodeSmall(latents), vae->Decode(at::avg_pool2d(latents, {2, 2}))));
}

TEST_CASE("KL is zero for the unit Gaussian and grows with the mean", "[models]") {
  at::Tensor moments = at::zeros({1, 4, 2, 2});
  CHECK(Posterior(moments).Kl().item<double>() == Approx(0.0).margin(1e-6));
  moments[0][0].fill_(2.0);
  CHECK(Posterior(moments).Kl().item<double>() == Approx(4 * 0.5 * 4.0));
}

TEST_CASE("The image encoder embeds as the published one", "[models]") {
  const at::NoGradGuard no_grad;
  const auto config = ParseClipVisionConfig(Config("image_encoder"));
  REQUIRE(config.has_value());
  CLIPVisionModelWithProjection clip(*config);
  Load(*clip, "image_encoder",
       {.allow_missing_prefixes = {}, .allow_extra_prefixes = {kClipPositionIds}});
  const TensorMap golden = Read("conditions.safetensors");
  for (const std::string name : {"clip.source.", "clip.texture."}) {
    const ClipVisionOutput output = clip->forward(golden.at(name + "pixel_values"));
    CHECK(Difference(output.last_hidden_state, golden.at(name + "last_hidden_state")) < kGoldenBar);
    CHECK(Difference(output.image_embeds, golden.at(name + "image_embeds")) < kGoldenBar);
  }
}

TEST_CASE("An image encoder's sizes are found in a nested configuration too", "[models]") {
  const auto config =
      ParseClipVisionConfig({{"projection_dim", 11},
                             {"vision_config", {{"hidden_size", 64}, {"num_attention_heads", 4}}}});
  REQUIRE(config.has_value());
  CHECK(config->hidden_size == 64);
  CHECK(config->projection_dim == 11);
  CHECK(ParseClipVisionConfig({{"hidden_size", 30}, {"num_attention_heads", 4}}).error().field ==
        "image_encoder.config.num_attention_heads");
}

TEST_CASE("The resampler makes the published face tokens, of a missing face too", "[models]") {
  const at::NoGradGuard no_grad;
  const auto config = ParseResamplerConfig(Config("resampler"));
  REQUIRE(config.has_value());
  Resampler resampler(*config);
  Load(*resampler, "image_proj_model");
  const TensorMap golden = Read("conditions.safetensors");
  const at::Tensor face = golden.at("face.embedding_in");
  CHECK(Difference(resampler->forward(face), golden.at("face.tokens")) < kGoldenBar);
  CHECK(Difference(resampler->forward(at::zeros_like(face)),
                   golden.at("face.tokens_for_zero_embedding")) < kGoldenBar);
}

TEST_CASE("The pose guider makes the published pose features", "[models]") {
  const at::NoGradGuard no_grad;
  const auto config = ParsePoseGuiderConfig(Config("pose_guider"));
  REQUIRE(config.has_value());
  PoseGuider guider(*config);
  Load(*guider, "pose_guider");
  const at::Tensor pose = Picture(Read("inputs.safetensors").at("pose_iuv_u8"));
  CHECK(Difference(guider->forward(pose), Read("conditions.safetensors").at("pose.output")) <
        kGoldenBar);
  guider->ZeroOutput();
  CHECK(guider->forward(pose).abs().max().item<double>() == 0.0);
}

}  // namespace
}  // namespace atelier::engine
