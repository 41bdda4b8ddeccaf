#include "engine/pipelines/mcld/mcld_networks.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/model_folder/load_component.h"

namespace atelier::engine {
namespace {

struct Configs {
  VaeConfig vae;
  UNetConfig denoising, reference;
  ClipVisionConfig clip;
  ResamplerConfig resampler;
  PoseGuiderConfig guider;
  std::optional<TexturePrior> prior;
  std::optional<TextureCompletionConfig> completion;
};

Status CheckSizes(const ModelFolder& model, const Configs& c) {
  const int64_t width = c.denoising.cross_attention_dim;
  ATELIER_RETURN_IF_ERROR(SizesAgree("vae.config.block_out_channels (pixels to a latent)",
                                     c.vae.scale(), "what the pipeline knows", kLatentPixels));
  ATELIER_RETURN_IF_ERROR(SizesAgree("denoising_unet.config.in_channels", c.denoising.in_channels,
                                     "the VAE's latent_channels", c.vae.latent_channels));
  ATELIER_RETURN_IF_ERROR(SizesAgree("denoising_unet.config.out_channels", c.denoising.out_channels,
                                     "the VAE's latent_channels", c.vae.latent_channels));
  ATELIER_RETURN_IF_ERROR(SizesAgree("reference_unet.config.in_channels", c.reference.in_channels,
                                     "the VAE's latent_channels", c.vae.latent_channels));
  ATELIER_RETURN_IF_ERROR(SizesAgree("reference_unet.config.cross_attention_dim",
                                     c.reference.cross_attention_dim, "denoising_unet's", width));
  ATELIER_RETURN_IF_ERROR(SizesAgree("image_encoder.config.projection_dim", c.clip.projection_dim,
                                     "the UNets' cross_attention_dim", width));
  ATELIER_RETURN_IF_ERROR(SizesAgree("face_resampler.config.output_dim", c.resampler.output_dim,
                                     "the UNets' cross_attention_dim", width));
  ATELIER_RETURN_IF_ERROR(SizesAgree("pose_guider.config.conditioning_channels",
                                     c.guider.conditioning_channels, "what conditioning feeds it",
                                     PoseGuiderInputChannels(model.conditioning)));
  ATELIER_RETURN_IF_ERROR(SizesAgree("pose_guider.config.conditioning_embedding_channels",
                                     c.guider.conditioning_embedding_channels,
                                     "denoising_unet's first level",
                                     c.denoising.block_out_channels.front()));
  // The reference's features go to the denoising block of the same name and width.
  if (c.reference.block_out_channels != c.denoising.block_out_channels ||
      c.reference.attention != c.denoising.attention ||
      c.reference.layers_per_block != c.denoising.layers_per_block)
    return InvalidField("components.reference_unet.config", "shaped as denoising_unet's",
                        "other block_out_channels, block types or layers_per_block");
  const bool warps = model.conditioning.warp_latents || model.conditioning.warp_pose_guider;
  if (warps && model.conditioning.texture_layout != "atlas")
    return InvalidField("conditioning.texture_warp", "off unless texture_layout is atlas",
                        model.conditioning.texture_layout);
  if (c.completion && model.conditioning.texture_layout != "atlas")
    return InvalidField("components.texture_completion", "absent unless texture_layout is atlas",
                        model.conditioning.texture_layout);
  return {};
}

Result<std::optional<TexturePrior>> ReadPrior(const ModelFolder& model, const VaeConfig& vae) {
  const ConditioningConfig& conditioning = model.conditioning;
  if (conditioning.prior_deviation == 0) return std::optional<TexturePrior>();
  ATELIER_ASSIGN_OR_RETURN(const SchedulerConfig schedule, ParseSchedulerConfig(model.scheduler));
  if (schedule.prediction_type != "v_prediction")
    return InvalidField("conditioning.texture_warp.prior_deviation",
                        "0 unless scheduler.prediction_type is v_prediction",
                        schedule.prediction_type);
  std::vector<double> deviations = vae.LatentAmplitudes();
  for (double& deviation : deviations)
    deviation *= conditioning.latent_scale * conditioning.prior_deviation;
  return std::optional<TexturePrior>(std::in_place, schedule, deviations);
}

Result<Configs> ReadConfigs(const ModelFolder& model) {
  Configs configs;
  ATELIER_ASSIGN_OR_RETURN(configs.vae, ReadConfig(model, "vae", &ParseVaeConfig));
  ATELIER_ASSIGN_OR_RETURN(configs.denoising, DenoisingUNetConfig(model));
  ATELIER_ASSIGN_OR_RETURN(configs.reference, ReferenceUNetConfig(model));
  ATELIER_ASSIGN_OR_RETURN(configs.clip,
                           ReadConfig(model, "image_encoder", &ParseClipVisionConfig));
  ATELIER_ASSIGN_OR_RETURN(configs.resampler,
                           ReadConfig(model, "face_resampler", &ParseResamplerConfig));
  ATELIER_ASSIGN_OR_RETURN(configs.guider,
                           ReadConfig(model, "pose_guider", &ParsePoseGuiderConfig));
  if (model.Has("texture_completion")) {
    ATELIER_ASSIGN_OR_RETURN(
        configs.completion, ReadConfig(model, "texture_completion", &ParseTextureCompletionConfig));
  }
  ATELIER_RETURN_IF_ERROR(CheckSizes(model, configs));
  ATELIER_ASSIGN_OR_RETURN(configs.prior, ReadPrior(model, configs.vae));
  return configs;
}

}  // namespace

Result<UNetConfig> DenoisingUNetConfig(const ModelFolder& model) {
  ATELIER_ASSIGN_OR_RETURN(UNetConfig config,
                           ReadConfig(model, "denoising_unet", &ParseUNetConfig));
  ATELIER_ASSIGN_OR_RETURN(const ResamplerConfig resampler,
                           ReadConfig(model, "face_resampler", &ParseResamplerConfig));
  config.is_reference = false;
  config.face_tokens = resampler.num_queries;
  config.face_scale = model.conditioning.ip_adapter_scale;
  config.extra_in_channels = model.conditioning.warp_latents ? config.in_channels + 1 : 0;
  return config;
}

Result<UNetConfig> ReferenceUNetConfig(const ModelFolder& model) {
  ATELIER_ASSIGN_OR_RETURN(UNetConfig config,
                           ReadConfig(model, "reference_unet", &ParseUNetConfig));
  config.is_reference = true;
  config.face_tokens = 0;
  config.extra_in_channels = 0;
  return config;
}

IuvEncoding IuvEncodingOf(const ConditioningConfig& conditioning) {
  return conditioning.iuv_encoding == "one_hot" ? IuvEncoding::kOneHot : IuvEncoding::kVui;
}

ClipInput ClipInputOf(const ConditioningConfig& conditioning) {
  return conditioning.clip_input == "squash" ? ClipInput::kSquash : ClipInput::kCrop;
}

int64_t PoseGuiderInputChannels(const ConditioningConfig& conditioning) {
  return IuvChannels(IuvEncodingOf(conditioning)) + (conditioning.warp_pose_guider ? 4 : 0);
}

Status CheckMcldConfigs(const ModelFolder& model) {
  const auto configs = ReadConfigs(model);
  return configs ? Status() : Propagate(configs.error());
}

Result<McldNetworks> MakeMcldNetworks(const ModelFolder& model) {
  ATELIER_ASSIGN_OR_RETURN(const Configs configs, ReadConfigs(model));
  McldNetworks networks;
  ATELIER_RETURN_IF_ERROR(MakeNetworks([&] {
    networks.vae = AutoencoderKL(configs.vae);
    networks.denoising_unet = UNet(configs.denoising);
    networks.reference_unet = UNet(configs.reference);
    networks.image_encoder = CLIPVisionModelWithProjection(configs.clip);
    networks.face_resampler = Resampler(configs.resampler);
    networks.pose_guider = PoseGuider(configs.guider);
    networks.prior = configs.prior;
    if (configs.completion) networks.completion = TextureCompletion(*configs.completion);
  }));
  return networks;
}

std::vector<NamedNetwork> McldNetworks::All() const {
  return {{"vae", *vae.ptr(), Runs::kOnce},
          {"denoising_unet", *denoising_unet.ptr(), Runs::kEveryStep},
          {"reference_unet", *reference_unet.ptr(), Runs::kOnce},
          {"image_encoder", *image_encoder.ptr(), Runs::kOnce},
          {"face_resampler", *face_resampler.ptr(), Runs::kOnce},
          {"pose_guider", *pose_guider.ptr(), Runs::kOnce}};
}

TextureMap McldNetworks::Completed(const TextureMap& texture) const {
  return completion.is_empty() ? texture : completion->Complete(texture);
}

Status LoadCompletion(const ModelFolder& model, McldNetworks& networks) {
  if (networks.completion.is_empty()) return {};
  return LoadComponent(model, "texture_completion", *networks.completion);
}

Result<McldNetworks> LoadMcldNetworks(const ModelFolder& model, at::Device device,
                                      at::ScalarType dtype) {
  const DefaultDtype in_dtype(dtype);
  ATELIER_ASSIGN_OR_RETURN(McldNetworks networks, MakeMcldNetworks(model));
  ATELIER_RETURN_IF_ERROR(LoadNetworks(model, networks.All(), device));
  ATELIER_RETURN_IF_ERROR(LoadCompletion(model, networks));
  return networks;
}

SourceConditions EncodeSource(McldNetworks& networks, const ConditioningConfig& conditioning,
                              const ConditionInputs& inputs) {
  const auto compute = networks.denoising_unet->parameters().front().options();
  const auto on_device = [&](const at::Tensor& x) { return x.to(compute); };

  const at::Tensor source =
      networks.image_encoder(on_device(inputs.source_clip_pixels)).image_embeds;
  const at::Tensor texture =
      networks.image_encoder(on_device(inputs.texture_clip_pixels)).image_embeds;
  const at::Tensor face = networks.face_resampler(on_device(inputs.face_embedding.unsqueeze(1)));

  SourceConditions conditions;
  conditions.tokens = StageTokens(source, texture, face);
  conditions.texture_latents =
      EncodeLatents(networks.vae, on_device(inputs.texture), conditioning.latent_scale);
  conditions.reference =
      networks.reference_unet->ReadReference(conditions.texture_latents, source.unsqueeze(1));
  if (conditioning.reference_dtype == "float16")
    conditions.reference = RoundToHalf(conditions.reference);
  return conditions;
}

EncodedConditions EncodePose(McldNetworks& networks, const ConditioningConfig& conditioning,
                             const ConditionInputs& inputs, SourceConditions source) {
  const auto compute = networks.denoising_unet->parameters().front().options();
  const auto on_device = [&](const at::Tensor& x) { return x.to(compute); };

  EncodedConditions conditions;
  static_cast<SourceConditions&>(conditions) = std::move(source);
  const at::Tensor encoded_iuv = EncodeIuv(inputs.iuv, IuvEncodingOf(conditioning));
  const at::Tensor guider_input =
      PoseGuiderInput(encoded_iuv, conditioning.warp_pose_guider ? inputs.warp : at::Tensor());
  conditions.pose_features = networks.pose_guider(on_device(guider_input));
  if (conditioning.warp_latents)
    conditions.extra_latents =
        WarpLatents(networks.vae, on_device(inputs.warp), conditioning.latent_scale);
  conditions.prior = networks.prior;
  return conditions;
}

EncodedConditions EncodeConditions(McldNetworks& networks, const ConditioningConfig& conditioning,
                                   const ConditionInputs& inputs) {
  return EncodePose(networks, conditioning, inputs, EncodeSource(networks, conditioning, inputs));
}

}  // namespace atelier::engine
