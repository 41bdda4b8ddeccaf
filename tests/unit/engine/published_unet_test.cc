// The yardstick of atelier-bench: the published step computes what the engine's does, wherever both
// are.
#include "support/catch_torch.h"

// The order matters: catch_torch.h first.
#include <nlohmann/json.hpp>

#include "bench/published_unet.h"
#include "engine/models/unet/unet.h"
#include "engine/pipelines/fpdm/fpdm_predictor.h"
#include "engine/weights/load.h"
#include "support/other_device.h"

namespace atelier::engine {
namespace {

constexpr int64_t kTimestep = 499, kTokens = 5, kWidth = 24;

UNetConfig Config(bool is_reference) {
  const nlohmann::json json = {{"block_out_channels", {8, 16}},
                               {"down_block_types", {"CrossAttnDownBlock2D", "DownBlock2D"}},
                               {"up_block_types", {"UpBlock2D", "CrossAttnUpBlock2D"}},
                               {"attention_head_dim", 2},
                               {"cross_attention_dim", kWidth},
                               {"norm_num_groups", 4},
                               {"layers_per_block", 1}};
  auto config = ParseUNetConfig(json);
  if (!config.has_value()) FAIL(config.error().message);
  config->is_reference = is_reference;
  config->face_tokens = is_reference ? 0 : 3;
  config->face_scale = 0.5;
  return *config;
}

at::Tensor WithZeros(const at::Tensor& x) { return at::cat({at::zeros_like(x), x}); }
at::Tensor Twice(const at::Tensor& x) { return at::cat({x, x}); }

/// Both steps' outputs for one guided picture, rows as published, in float32 on the CPU.
struct Outputs {
  at::Tensor engine, published;
};

Outputs StepOn(const at::Device& device, at::ScalarType dtype) {
  const c10::InferenceMode inference;
  at::manual_seed(8);
  const auto move = [&](const at::Tensor& x) { return x.to(device, dtype); };
  UNet unet(Config(false)), reader(Config(true));
  for (UNet& network : {std::ref(unet), std::ref(reader)}) network->eval();
  const at::Tensor latents = at::randn({1, 4, 8, 6});
  ConditionTokens tokens{.down = at::randn({1, kTokens, kWidth}),
                         .mid = at::randn({1, kTokens + 1, kWidth}),
                         .up = at::randn({1, kTokens, kWidth})};
  const at::Tensor pose = at::randn({1, 8, 8, 6});
  ReferenceFeatures reference = reader->ReadReference(latents, at::randn({1, 1, kWidth}));
  unet->to(device, dtype);
  for (auto& [name, features] : reference) features = move(features);
  for (at::Tensor* stage : {&tokens.down, &tokens.mid, &tokens.up}) *stage = move(*stage);

  bench::PublishedUNet published(unet->config(), StateDict(*unet));
  const at::Tensor sample = move(Twice(latents)), guided_pose = move(Twice(pose));
  const PreparedConditions prepared = unet->Prepare(tokens, &reference);
  const at::Tensor timesteps = at::full({2}, kTimestep, sample.options().dtype(at::kLong));
  Outputs outputs;
  outputs.engine = unet->Forward(sample, timesteps, prepared, guided_pose);
  for (auto& [name, features] : reference) features = Twice(features);
  outputs.published = published.Forward(
      sample, kTimestep, {WithZeros(tokens.down), WithZeros(tokens.mid), WithZeros(tokens.up)},
      guided_pose, reference);
  CHECK(outputs.published.device() == device);
  CHECK(outputs.published.scalar_type() == dtype);
  return {outputs.engine.to(at::kCPU, at::kFloat), outputs.published.to(at::kCPU, at::kFloat)};
}

double Relative(const at::Tensor& a, const at::Tensor& b) {
  return ((a - b).abs().max() / b.abs().max()).item<double>();
}

}  // namespace

TEST_CASE("The yardstick's step is the engine's, on the CPU and on another device", "[bench]") {
  for (const at::Device& device : {at::Device(at::kCPU), testing::OtherDevice()}) {
    INFO(device);
    const Outputs outputs = StepOn(device, at::kFloat);
    CHECK(Relative(outputs.engine, outputs.published) < 1e-4);
  }
}

TEST_CASE("The yardstick runs FPDM's three branches, of which the engine leaves one out",
          "[bench]") {
  const c10::InferenceMode inference;
  at::manual_seed(9);
  UNetConfig config = Config(false);
  config.face_tokens = 0;
  config.use_linear_projection = true;
  config.class_embedding_dim = 12;
  config.class_embedding_hidden = 20;
  UNet unet(config);
  unet->eval();
  const at::Tensor latents = at::randn({1, 4, 8, 6}), pose = at::randn({1, 8, 8, 6});
  const at::Tensor tokens = at::randn({1, kTokens, kWidth}), fusion = at::randn({1, 12});
  bench::PublishedUNet published(config, StateDict(*unet));
  const auto zeros_first = [](const at::Tensor& x) { return at::cat({at::zeros_like(x), x, x}); };
  const at::Tensor all = zeros_first(tokens), nothing = at::zeros_like(fusion);
  const std::vector<at::Tensor> v =
      published
          .Forward(latents.repeat({3, 1, 1, 1}), kTimestep, {all, all, all}, zeros_first(pose), {},
                   at::cat({nothing, nothing, fusion}))
          .chunk(3);
  const FpdmConditions conditions{.tokens = tokens, .pose_features = pose, .fusion = fusion};
  const Prediction ours =
      FpdmPredictor(unet, conditions, {.weight = 2.0, .fusion_ratio = 1.0})(latents, kTimestep);
  CHECK(Relative(ours.guided, v[0] + 2.0 * (v[1] - v[0]) + 2.0 * (v[2] - v[1])) < 1e-4);
}

TEST_CASE("The yardstick runs in bfloat16, on the CPU and on another device", "[bench]") {
  const at::Tensor exact = StepOn(at::kCPU, at::kFloat).engine;
  for (const at::Device& device : {at::Device(at::kCPU), testing::OtherDevice()}) {
    INFO(device);
    const Outputs outputs = StepOn(device, at::kBFloat16);
    // bfloat16 keeps 8 bits: a handful of its steps through the network.
    CHECK(Relative(outputs.published, exact) < 0.1);
    CHECK(Relative(outputs.engine, exact) < 0.1);
  }
}

}  // namespace atelier::engine
