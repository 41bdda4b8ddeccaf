#include "engine/pipelines/component_shapes.h"

#include <exception>
#include <functional>
#include <map>

#include "engine/models/clip_vision.h"
#include "engine/models/face_network.h"
#include "engine/models/pose_guider.h"
#include "engine/models/pose_network.h"
#include "engine/models/resampler.h"
#include "engine/models/texture_completion.h"
#include "engine/models/unet.h"
#include "engine/models/vae.h"
#include "engine/nn/without_memory.h"
#include "engine/pipelines/mcld_pipeline.h"
#include "engine/weights/load.h"

namespace atelier::engine {
namespace {

template <typename Network, typename Config>
Result<TensorMap> ShapesOf(const Result<Config>& config) {
  if (!config) return Propagate(config.error());
  // Seam: LibTorch throws on sizes that no layer can have.
  try {
    const WithoutMemory without_memory;
    return StateDict(*Network(*config));
  } catch (const c10::Error& error) {
    return MakeError(Code::kInvalidArgument, "BAD_MODEL_SIZES", error.what_without_backtrace());
  } catch (const std::exception& error) {
    return MakeError(Code::kInvalidArgument, "BAD_MODEL_SIZES", error.what());
  }
}

template <typename Network, typename Config>
Result<TensorMap> Parsed(const ModelFolder& model, const std::string& name,
                         Result<Config> (*parse)(const nlohmann::json&)) {
  return ShapesOf<Network>(ReadConfig(model, name, parse));
}

using Maker = std::function<Result<TensorMap>(const ModelFolder&, const std::string&)>;

const std::map<std::string, Maker>& Makers() {
  static const std::map<std::string, Maker> makers = {
      {"vae",
       [](const auto& m, const auto& n) { return Parsed<AutoencoderKL>(m, n, &ParseVaeConfig); }},
      {"denoising_unet",
       [](const auto& m, const auto&) { return ShapesOf<UNet>(DenoisingUNetConfig(m)); }},
      {"reference_unet",
       [](const auto& m, const auto&) { return ShapesOf<UNet>(ReferenceUNetConfig(m)); }},
      {"image_encoder",
       [](const auto& m, const auto& n) {
         return Parsed<CLIPVisionModelWithProjection>(m, n, &ParseClipVisionConfig);
       }},
      {"face_resampler",
       [](const auto& m, const auto& n) { return Parsed<Resampler>(m, n, &ParseResamplerConfig); }},
      {"pose_guider",
       [](const auto& m, const auto& n) {
         return Parsed<PoseGuider>(m, n, &ParsePoseGuiderConfig);
       }},
      {"pose_network",
       [](const auto& m, const auto& n) {
         return Parsed<PoseNetwork>(m, n, &ParsePoseNetworkConfig);
       }},
      {"face_network",
       [](const auto& m, const auto& n) {
         return Parsed<FaceNetwork>(m, n, &ParseFaceNetworkConfig);
       }},
      {"texture_completion", [](const auto& m, const auto& n) {
         return Parsed<TextureCompletion>(m, n, &ParseTextureCompletionConfig);
       }}};
  return makers;
}

}  // namespace

const std::vector<std::string>& RequiredComponents() {
  static const std::vector<std::string> names = {"vae",         "image_encoder",  "face_resampler",
                                                 "pose_guider", "reference_unet", "denoising_unet"};
  return names;
}

Result<TensorMap> ExpectedShapes(const ModelFolder& model, const std::string& name) {
  if (!model.Has(name)) return Propagate(model.Component(name).error());
  return Makers().at(name)(model, name);
}

}  // namespace atelier::engine
