#include "engine/models/unet/unet.h"
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
/// Of trailing spacing, whatever the number of steps.
constexpr int64_t kFirstTimestep = 999;

UNet LoadUNet(bool is_reference) {
  const nlohmann::json& json = Folder().config();
  auto config = engine::ParseUNetConfig(json.at("unet"));
  REQUIRE(config.has_value());
  config->is_reference = is_reference;
  if (!is_reference) {
    config->face_tokens = json.at("ip_adapter").at("num_tokens");
    config->face_scale = json.at("ip_adapter").at("scale");
  }
  UNet unet(*config);
  REQUIRE(LoadWeights(*unet, is_reference ? "reference_unet" : "denoising_unet"));
  unet->eval();
  return unet;
}

/// Compares every probed tensor that the golden file also has, under `prefix`.
engine::TensorProbe ComparingProbe(const Tensors& goldens, const std::string& prefix) {
  return [&goldens, prefix](const std::string& name, const at::Tensor& value) {
    if (goldens.contains(prefix + name)) CheckModule(goldens, prefix + name, value, kModuleBar);
  };
}

ReferenceFeatures StoredBank(const Tensors& goldens, const std::vector<std::string>& names) {
  ReferenceFeatures bank;
  for (const auto& name : names)
    bank[name] = Conditional(goldens.at("bank.read_f16." + name)).to(Device(), at::kFloat);
  return bank;
}

ConditionTokens StoredTokens(const Tensors& step) {
  return {.down = step.at("unet.down_tokens").to(Device()),
          .mid = step.at("unet.mid_tokens").to(Device()),
          .up = step.at("unet.up_tokens").to(Device())};
}

at::Tensor Step0(UNet& unet, const Tensors& step, const ReferenceFeatures& bank) {
  const at::Tensor sample = step.at("unet.step0.sample_in").squeeze(2).to(Device());
  const at::Tensor timesteps =
      at::full({sample.size(0)}, kFirstTimestep, sample.options().dtype(at::kLong));
  return unet->Forward(sample, timesteps, StoredTokens(step),
                       step.at("unet.pose_cond_fea").squeeze(2).to(Device()), &bank);
}

}  // namespace

TEST_CASE("The reference network hands over the published features", "[parity]") {
  torch::NoGradGuard no_grad;
  if (!Has("reference")) return;
  const Tensors goldens = ReadGoldens("reference");
  UNet unet = LoadUNet(true);
  unet->set_probe(ComparingProbe(goldens, "ref."));
  const ReferenceFeatures bank =
      unet->ReadReference(goldens.at("ref.latents_in").to(Device()),
                          goldens.at("ref.encoder_hidden_states").to(Device()));
  REQUIRE(bank.size() == unet->block_names().size());
  const ReferenceFeatures rounded = engine::RoundToHalf(bank);
  for (const auto& name : unet->block_names()) {
    CheckModule(goldens, "bank.write_f32." + name, bank.at(name), kModuleBar);
    // One float16 step at most, where a value sits on a rounding border.
    CheckModule(goldens, "bank.read_f16." + name, rounded.at(name), 1e-3);
  }
}

TEST_CASE("One denoising step over the stored reference features equals the published one",
          "[parity]") {
  torch::NoGradGuard no_grad;
  if (!Has("unet_step0") || !Has("reference")) return;
  const Tensors step = ReadGoldens("unet_step0");
  UNet unet = LoadUNet(false);
  unet->set_probe(ComparingProbe(step, "unet.step0."));
  const ReferenceFeatures bank = StoredBank(ReadGoldens("reference"), unet->block_names());
  const at::Tensor out = Step0(unet, step, bank);
  CHECK(Compare("unet_out, stored bank", out, step.at("unet.step0.conv_out")).max <=
        kStoredBankBar);
}

TEST_CASE("One denoising step over our own reference features equals the published one",
          "[parity]") {
  torch::NoGradGuard no_grad;
  if (!Has("unet_step0") || !Has("reference")) return;
  const Tensors step = ReadGoldens("unet_step0");
  const Tensors reference = ReadGoldens("reference");
  UNet unet = LoadUNet(false);
  UNet reader = LoadUNet(true);
  const ReferenceFeatures bank = engine::RoundToHalf(
      reader->ReadReference(Conditional(reference.at("ref.latents_in")).to(Device()),
                            Conditional(reference.at("ref.encoder_hidden_states")).to(Device())));
  CHECK(
      Compare("unet_out, own bank", Step0(unet, step, bank), step.at("unet.step0.conv_out")).max <=
      kStepBar);
}

}  // namespace atelier::parity
