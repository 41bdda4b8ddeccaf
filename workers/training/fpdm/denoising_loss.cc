#include "training/fpdm/denoising_loss.h"

#include <string>

namespace atelier::training {
namespace {

using engine::FpdmInputs;
using engine::FpdmNetworks;

at::Tensor SourceTokens(FpdmNetworks& networks, const FpdmInputs& inputs) {
  return networks.source_projection(networks.clip_source
                                        ? networks.clip_source(inputs.source).last_hidden_state
                                        : networks.dinov2_source(inputs.source));
}

/// [B, D]; undefined without a fusion.
at::Tensor Fusion(FpdmNetworks& networks, const FpdmInputs& inputs, bool drop) {
  if (!networks.image_encoder) return {};
  const at::NoGradGuard stage_1_is_frozen;
  const at::Tensor image = networks.image_encoder(inputs.clip_source).image_embeds;
  if (drop) return at::zeros_like(image);
  at::Tensor pose;
  if (networks.combiner) pose = networks.image_encoder(inputs.clip_pose).image_embeds;
  return engine::FuseEmbeddings(networks, image, pose);
}

}  // namespace

ConditionDrops DrawDrops(const ConditionDropRates& rates, at::Generator& generator) {
  const at::Tensor draws = at::rand({3}, generator, at::kFloat);
  const auto below = [&](int64_t i, double rate) { return draws[i].item<float>() < rate; };
  return {.pose = below(0, rates.pose),
          .source = below(1, rates.source),
          .fusion = below(2, rates.fusion)};
}

NoisyLatents AddTrainingNoise(const engine::NoiseSchedule& schedule, const at::Tensor& clean,
                              const at::Tensor& noise, const at::Tensor& offset,
                              double offset_weight, const at::Tensor& t) {
  const at::Tensor all_noise = noise + offset_weight * offset;
  const std::string& type = schedule.config().prediction_type;
  return {.noisy = schedule.AddNoise(clean, all_noise, t),
          .prediction = type == "v_prediction" ? schedule.Velocity(clean, all_noise, t)
                        : type == "epsilon"    ? all_noise
                                               : clean};
}

at::Tensor PredictDenoised(FpdmNetworks& networks, const FpdmInputs& inputs,
                           const ConditionDrops& drops, const at::Tensor& noisy,
                           const at::Tensor& t) {
  engine::UNet& unet = networks.denoising_unet;
  at::Tensor tokens, pose;
  if (drops.source) {
    // Zeros of the projection's width; how many there are changes nothing.
    tokens = at::zeros({noisy.size(0), 1, unet->config().cross_attention_dim}, noisy.options());
  } else {
    tokens = SourceTokens(networks, inputs);
  }
  if (!drops.pose) pose = networks.pose_encoder(inputs.pose);
  engine::PreparedConditions prepared = unet->Prepare({tokens, tokens, tokens}, nullptr);
  if (const at::Tensor fusion = Fusion(networks, inputs, drops.fusion); fusion.defined())
    prepared.class_embedding = unet->EmbedClass(fusion);
  return unet->Forward(noisy, t, prepared, pose);
}

at::Tensor DenoisingLoss(const at::Tensor& predicted, const NoisyLatents& latents,
                         const at::Tensor& channel_weights) {
  return ((predicted - latents.prediction).square() * channel_weights).mean();
}

}  // namespace atelier::training
