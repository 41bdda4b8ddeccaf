#include "engine/pipelines/fpdm/fpdm_pipeline.h"

#include <memory>
#include <string>
#include <utility>

#include "base/iuv_chart.h"
#include "engine/painting/network_shapes.h"
#include "engine/pipelines/fpdm/fpdm_configs.h"
#include "engine/pipelines/fpdm/fpdm_networks.h"
#include "engine/pipelines/fpdm/fpdm_painter.h"
#include "engine/texture/texture_map.h"

namespace atelier::engine {
namespace {

/// It reads neither texture map nor IUV: where somebody asks for a person's under its name, they
/// are of our own layout and chart, which need no files.
Status FillInfo(ModelFolder& model) {
  constexpr int kTile = 48;
  model.info.texture_layout = "atlas";
  model.info.texture_height = kAtlasRows * kTile;
  model.info.texture_width = kAtlasColumns * kTile;
  model.info.iuv_chart = kAtelierChart;
  return {};
}

Result<TensorMap> Shapes(const ModelFolder& model, const std::string& name) {
  if (name == "vae") return NetworkShapes<AutoencoderKL>(model, name, &ParseVaeConfig);
  if (name == "denoising_unet") return NetworkShapes<UNet>(model, name, &ParseUNetConfig);
  if (name == "pose_encoder") return NetworkShapes<PoseGuider>(model, name, &ParsePoseGuiderConfig);
  if (name == "source_projection")
    return NetworkShapes<ProjectionMlp>(model, name, &ParseSourceProjectionConfig);
  if (name == "combiner") return NetworkShapes<Combiner>(model, name, &ParseCombinerConfig);
  const bool is_clip = name == "image_encoder" || model.conditioning.fpdm.source_encoder == "clip";
  if (is_clip)
    return NetworkShapes<CLIPVisionModelWithProjection>(model, name, &ParseClipVisionConfig);
  return NetworkShapes<Dinov2Model>(model, name, &ParseDinov2Config);
}

Status CheckFpdmConfigs(const ModelFolder& model) {
  const auto configs = ReadFpdmConfigs(model);
  return configs ? Status() : Propagate(configs.error());
}

Result<std::unique_ptr<Painter>> Load(ModelFolder model, const LoadTarget& target) {
  ATELIER_ASSIGN_OR_RETURN(SchedulerConfig scheduler, ParseSchedulerConfig(model.scheduler));
  ATELIER_ASSIGN_OR_RETURN(FpdmNetworks networks,
                           LoadFpdmNetworks(model, target.device, target.format.dtype));
  return std::make_unique<FpdmPainter>(std::move(model), std::move(networks), std::move(scheduler),
                                       target.format);
}

}  // namespace

Pipeline FpdmPipeline() {
  return {.name = "fpdm",
          .conditions = {Condition::kSourcePicture, Condition::kKeypointPicture},
          .required_components = {"vae", "source_encoder", "source_projection", "pose_encoder",
                                  "denoising_unet"},
          .optional_components = {"image_encoder", "combiner"},
          .fill_info = &FillInfo,
          .expected_shapes = &Shapes,
          .check_configs = &CheckFpdmConfigs,
          .load = &Load};
}

}  // namespace atelier::engine
