#include "engine/pipelines/mcld/mcld_pipeline.h"

#include <memory>
#include <string>
#include <utility>

#include "engine/models/clip_vision.h"
#include "engine/models/pose_guider.h"
#include "engine/models/resampler.h"
#include "engine/models/texture_completion.h"
#include "engine/models/unet/unet.h"
#include "engine/models/vae.h"
#include "engine/painting/network_shapes.h"
#include "engine/pipelines/mcld/mcld_networks.h"
#include "engine/pipelines/mcld/mcld_painter.h"
#include "engine/weights/json_reader.h"

namespace atelier::engine {
namespace {

/// The face resampler says how wide the embedding is; 512 as published.
Status FillInfo(ModelFolder& model) {
  if (model.conditioning.fpdm != FpdmConditioning())
    return InvalidField("conditioning.fpdm", "absent unless pipeline is fpdm", "settings");
  const auto resampler = model.components.find("face_resampler");
  model.info.face_embedding_size = 512;
  if (resampler == model.components.end()) return {};
  JsonReader reader(resampler->second.config, "components.face_resampler.config");
  reader.Optional("embedding_dim", model.info.face_embedding_size, 1, 65536);
  return reader.Finish();
}

Result<TensorMap> Shapes(const ModelFolder& model, const std::string& name) {
  if (name == "vae") return NetworkShapes<AutoencoderKL>(model, name, &ParseVaeConfig);
  if (name == "denoising_unet") return NetworkShapes<UNet>(DenoisingUNetConfig(model));
  if (name == "reference_unet") return NetworkShapes<UNet>(ReferenceUNetConfig(model));
  if (name == "image_encoder")
    return NetworkShapes<CLIPVisionModelWithProjection>(model, name, &ParseClipVisionConfig);
  if (name == "face_resampler") return NetworkShapes<Resampler>(model, name, &ParseResamplerConfig);
  if (name == "pose_guider") return NetworkShapes<PoseGuider>(model, name, &ParsePoseGuiderConfig);
  return NetworkShapes<TextureCompletion>(model, name, &ParseTextureCompletionConfig);
}

Result<std::unique_ptr<Painter>> Load(ModelFolder model, const LoadTarget& target) {
  ATELIER_ASSIGN_OR_RETURN(SchedulerConfig scheduler, ParseSchedulerConfig(model.scheduler));
  ATELIER_ASSIGN_OR_RETURN(McldNetworks networks,
                           LoadMcldNetworks(model, target.device, target.format.dtype));
  return std::make_unique<McldPainter>(std::move(model), std::move(networks), std::move(scheduler),
                                       target.format);
}

}  // namespace

Pipeline McldPipeline() {
  return {.name = "mcld",
          .conditions = {Condition::kSourcePicture, Condition::kTextureMap, Condition::kTargetIuv,
                         Condition::kFaceEmbedding},
          .required_components = {"vae", "image_encoder", "face_resampler", "pose_guider",
                                  "reference_unet", "denoising_unet"},
          .optional_components = {"texture_completion"},
          .fill_info = &FillInfo,
          .expected_shapes = &Shapes,
          .check_configs = &CheckMcldConfigs,
          .load = &Load};
}

}  // namespace atelier::engine
