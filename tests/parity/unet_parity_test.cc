#include "engine/models/unet.h"
#include "parity/golden.h"
#include "support/catch_torch.h"

namespace atelier::parity {
namespace {

using engine::ConditionTokens;
using engine::ReferenceFeatures;
using engine::UNet;

// Bars of the published code's own noise floor (threads, fp64, other kernels), doubled.
constexpr double kModuleBar = 1e-4;
constexpr double kStepBar = 6e-5;
constexpr double kStoredBankBar = 2e-5;

UNet LoadUNet(bool is_reference) {
  auto config = engine::ParseUNetConfig(ReadGoldenConfig().at("unet"));
  REQUIRE(config.has_value());
  config->is_reference = is_reference;
  if (!is_reference) {
    config->face_tokens = 16;
    config->face_scale = 0.5;
  }
  UNet unet(*config);
  REQUIRE(LoadWeights(*unet,
                      is_reference ? "reference_unet.safetensors" : "denoising_unet.safetensors"));
  unet->eval();
  return unet;
}

/// Compares every probed tensor that the golden file also has, under `prefix`.
engine::TensorProbe ComparingProbe(const Tensors& goldens, const std::string& prefix) {
  return [&goldens, prefix](const std::string& name, const at::Tensor& value) {
    const auto found = goldens.find(prefix + name);
    if (found == goldens.end()) return;
    CHECK(Compare(prefix + name, value, found->second).relative() <= kModuleBar);
  };
}

ReferenceFeatures StoredBank(const Tensors& goldens, const std::vector<std::string>& names) {
  ReferenceFeatures bank;
  for (const auto& name : names)
    bank[name] = goldens.at("bank.read_f16." + name).slice(0, 1, 2).to(at::kFloat);
  return bank;
}

ConditionTokens StoredTokens(const Tensors& step) {
  return {.down = step.at("unet.down_tokens"),
          .mid = step.at("unet.mid_tokens"),
          .up = step.at("unet.up_tokens")};
}

at::Tensor Step0(UNet& unet, const Tensors& step, const ReferenceFeatures& bank) {
  return unet->Forward(step.at("unet.step0.sample_in").squeeze(2), at::full({2}, 999, at::kLong),
                       StoredTokens(step), step.at("unet.pose_cond_fea").squeeze(2), &bank);
}

}  // namespace

TEST_CASE("The reference network hands over the published features", "[parity]") {
  torch::NoGradGuard no_grad;
  const Tensors goldens = ReadGoldens("reference.safetensors");
  UNet unet = LoadUNet(true);
  unet->set_probe(ComparingProbe(goldens, "ref."));
  const ReferenceFeatures bank =
      unet->ReadReference(goldens.at("ref.latents_in"), goldens.at("ref.encoder_hidden_states"));
  REQUIRE(bank.size() == 16);
  const ReferenceFeatures rounded = engine::RoundToHalf(bank);
  for (const auto& name : unet->block_names()) {
    CHECK(
        Compare("write " + name, bank.at(name), goldens.at("bank.write_f32." + name)).relative() <=
        kModuleBar);
    // One float16 step at most, where a value sits on a rounding border.
    CHECK(
        Compare("read " + name, rounded.at(name), goldens.at("bank.read_f16." + name)).relative() <=
        1e-3);
  }
}

TEST_CASE("One denoising step over the stored reference features equals the published one",
          "[parity]") {
  torch::NoGradGuard no_grad;
  const Tensors step = ReadGoldens("unet_step0.safetensors");
  UNet unet = LoadUNet(false);
  unet->set_probe(ComparingProbe(step, "unet.step0."));
  const ReferenceFeatures bank =
      StoredBank(ReadGoldens("reference.safetensors"), unet->block_names());
  const at::Tensor out = Step0(unet, step, bank);
  CHECK(Compare("unet_out, stored bank", out, step.at("unet.step0.conv_out")).max <=
        kStoredBankBar);
}

TEST_CASE("One denoising step over our own reference features equals the published one",
          "[parity]") {
  torch::NoGradGuard no_grad;
  const Tensors step = ReadGoldens("unet_step0.safetensors");
  const Tensors reference = ReadGoldens("reference.safetensors");
  UNet unet = LoadUNet(false);
  UNet reader = LoadUNet(true);
  const ReferenceFeatures bank = engine::RoundToHalf(
      reader->ReadReference(reference.at("ref.latents_in").slice(0, 1, 2),
                            reference.at("ref.encoder_hidden_states").slice(0, 1, 2)));
  CHECK(
      Compare("unet_out, own bank", Step0(unet, step, bank), step.at("unet.step0.conv_out")).max <=
      kStepBar);
}

}  // namespace atelier::parity
