#include "engine/pipelines/fpdm/fpdm_configs.h"

#include <string>

#include "engine/painting/latent_pictures.h"
#include "engine/painting/load_networks.h"
#include "engine/weights/json_reader.h"

namespace atelier::engine {
namespace {

int64_t SourceWidth(const FpdmConfigs& c) {
  return c.dinov2_source ? c.dinov2_source->hidden_size : c.clip_source->hidden_size;
}

Status CheckFusion(const FpdmConfigs& c) {
  const int64_t expected = c.image_encoder ? c.image_encoder->projection_dim : 0;
  ATELIER_RETURN_IF_ERROR(SizesAgree("denoising_unet.config.projection_class_embeddings_input_dim",
                                     c.denoising.class_embedding_dim,
                                     c.image_encoder ? "image_encoder's projection_dim"
                                                     : "0 (class_embed_type null) without a fusion",
                                     expected));
  if (!c.combiner) return {};
  return SizesAgree("combiner.config.feature_dim", c.combiner->feature_dim,
                    "image_encoder's projection_dim", expected);
}

Status CheckSource(const ModelFolder& model, const FpdmConfigs& c) {
  ATELIER_RETURN_IF_ERROR(SizesAgree("source_projection.config.in_dim",
                                     c.source_projection.in_channels,
                                     "source_encoder's hidden_size", SourceWidth(c)));
  ATELIER_RETURN_IF_ERROR(
      SizesAgree("source_projection.config.out_dim", c.source_projection.out_channels,
                 "denoising_unet's cross_attention_dim", c.denoising.cross_attention_dim));
  const int64_t size = model.conditioning.fpdm.source_encoder_size;
  const int64_t patch = c.dinov2_source ? c.dinov2_source->patch_size : c.clip_source->image_size;
  if (size < patch || (c.clip_source && size != patch))
    return InvalidField("conditioning.fpdm.source_encoder_size",
                        c.clip_source
                            ? "source_encoder's image_size (" + std::to_string(patch) + ")"
                            : "at least one patch (" + std::to_string(patch) + ")",
                        std::to_string(size));
  return {};
}

Status CheckSizes(const ModelFolder& model, const FpdmConfigs& c) {
  ATELIER_RETURN_IF_ERROR(SizesAgree("vae.config.block_out_channels (pixels to a latent)",
                                     c.vae.scale(), "what the pipeline knows", kLatentPixels));
  ATELIER_RETURN_IF_ERROR(SizesAgree("denoising_unet.config.in_channels", c.denoising.in_channels,
                                     "the VAE's latent_channels", c.vae.latent_channels));
  ATELIER_RETURN_IF_ERROR(SizesAgree("denoising_unet.config.out_channels", c.denoising.out_channels,
                                     "the VAE's latent_channels", c.vae.latent_channels));
  ATELIER_RETURN_IF_ERROR(SizesAgree("pose_encoder.config.conditioning_channels",
                                     c.pose_encoder.conditioning_channels, "RGB", 3));
  ATELIER_RETURN_IF_ERROR(SizesAgree("pose_encoder.config.conditioning_embedding_channels",
                                     c.pose_encoder.conditioning_embedding_channels,
                                     "denoising_unet's first level",
                                     c.denoising.block_out_channels.front()));
  ATELIER_RETURN_IF_ERROR(SizesAgree("pose_encoder.config.block_out_channels (pixels to a feature)",
                                     c.pose_encoder.scale(), "the VAE's", c.vae.scale()));
  ATELIER_RETURN_IF_ERROR(CheckSource(model, c));
  return CheckFusion(c);
}

}  // namespace

Result<ProjectionMlpOptions> ParseSourceProjectionConfig(const nlohmann::json& json) {
  ProjectionMlpOptions options{
      .in_channels = 1024, .hidden_channels = 768, .out_channels = 1024, .norm = true};
  JsonReader reader(json, "source_projection.config");
  reader.Optional("in_dim", options.in_channels, 1, 16384);
  reader.Optional("hidden_dim", options.hidden_channels, 1, 16384);
  reader.Optional("out_dim", options.out_channels, 1, 16384);
  ATELIER_RETURN_IF_ERROR(reader.Finish());
  return options;
}

Result<FpdmConfigs> ReadFpdmConfigs(const ModelFolder& model) {
  const FpdmConditioning& conditioning = model.conditioning.fpdm;
  FpdmConfigs configs;
  ATELIER_ASSIGN_OR_RETURN(configs.vae, ReadConfig(model, "vae", &ParseVaeConfig));
  ATELIER_ASSIGN_OR_RETURN(configs.denoising,
                           ReadConfig(model, "denoising_unet", &ParseUNetConfig));
  ATELIER_ASSIGN_OR_RETURN(configs.pose_encoder,
                           ReadConfig(model, "pose_encoder", &ParsePoseGuiderConfig));
  ATELIER_ASSIGN_OR_RETURN(configs.source_projection,
                           ReadConfig(model, "source_projection", &ParseSourceProjectionConfig));
  if (conditioning.source_encoder == "clip") {
    ATELIER_ASSIGN_OR_RETURN(configs.clip_source,
                             ReadConfig(model, "source_encoder", &ParseClipVisionConfig));
  } else {
    ATELIER_ASSIGN_OR_RETURN(configs.dinov2_source,
                             ReadConfig(model, "source_encoder", &ParseDinov2Config));
  }
  if (conditioning.fusion != "none") {
    ATELIER_ASSIGN_OR_RETURN(configs.image_encoder,
                             ReadConfig(model, "image_encoder", &ParseClipVisionConfig));
  }
  if (conditioning.fusion == "fused") {
    ATELIER_ASSIGN_OR_RETURN(configs.combiner, ReadConfig(model, "combiner", &ParseCombinerConfig));
  }
  ATELIER_RETURN_IF_ERROR(CheckSizes(model, configs));
  return configs;
}

}  // namespace atelier::engine
