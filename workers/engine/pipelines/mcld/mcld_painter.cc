#include "engine/pipelines/mcld/mcld_painter.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/images/resize.h"
#include "engine/images/tensor.h"
#include "engine/painting/finite_check.h"
#include "engine/texture/texture_map.h"

namespace atelier::engine {
namespace {

/// In the order in which they run; the first that is not finite made the others so.
std::string FirstNotFinite(const EncodedConditions& conditions) {
  // The first token of each stage is a picture's, the last are the face's.
  const bool pictures = IsFinite(conditions.tokens.mid.slice(1, 0, 2));
  if (!pictures) return "image_encoder";
  if (!IsFinite(conditions.tokens.mid)) return "face_resampler";
  if (!IsFinite(conditions.texture_latents) || !IsFinite(conditions.extra_latents)) return "vae";
  const bool reference = std::ranges::all_of(
      conditions.reference, [](const auto& named) { return IsFinite(named.second); });
  if (!reference) return "reference_unet";
  if (!IsFinite(conditions.pose_features)) return "pose_guider";
  return "denoising_unet";
}

ConditionInputs Stack(const std::vector<ConditionInputs>& rows) {
  const auto stack = [&rows](at::Tensor ConditionInputs::*field) {
    std::vector<at::Tensor> tensors;
    for (const ConditionInputs& row : rows) tensors.push_back(row.*field);
    return tensors.front().defined() ? at::cat(tensors, 0) : at::Tensor();
  };
  return {.source_clip_pixels = stack(&ConditionInputs::source_clip_pixels),
          .texture_clip_pixels = stack(&ConditionInputs::texture_clip_pixels),
          .texture = stack(&ConditionInputs::texture),
          .face_embedding = stack(&ConditionInputs::face_embedding),
          .iuv = stack(&ConditionInputs::iuv),
          .warp = stack(&ConditionInputs::warp)};
}

}  // namespace

McldPainter::McldPainter(ModelFolder model, McldNetworks networks, SchedulerConfig scheduler,
                         const NumberFormat& format)
    : LatentPainter(std::move(model), networks.vae, std::move(scheduler), format),
      networks_(std::move(networks)) {}

McldPainter::Source McldPainter::ReadSource(const PaintRequest& request,
                                            const ResolvedPaintOptions& options) {
  const int64_t clip_size = networks_.image_encoder->config().image_size;
  // The published data loader squashes the source to the picture's size before CLIP's own resize.
  const Image squashed =
      Resize(request.source, options.height, options.width, ResizeFilter::kBicubic);
  Source source;
  source.key = SourceKey(request, options);
  source.texture = CompleteTexture({.colours = request.texture_map,
                                    .validity = request.texture_validity.empty()
                                                    ? ValidityOfTexture(request.texture_map)
                                                    : request.texture_validity});
  std::vector<float> face = request.face_embedding;
  face.resize(static_cast<size_t>(model().info.face_embedding_size), 0.0f);

  const ClipInput clip_input = ClipInputOf(model().conditioning);
  source.inputs.source_clip_pixels = ClipPixels(squashed, clip_size, clip_input);
  source.inputs.texture_clip_pixels = ClipPixels(source.texture.colours, clip_size, clip_input);
  source.inputs.texture = ToTensor(source.texture.colours);
  source.inputs.face_embedding = at::tensor(face, at::kFloat).unsqueeze(0);
  return source;
}

const McldPainter::Source& McldPainter::SharedSource(const PaintRequest& request,
                                                     const ResolvedPaintOptions& options) {
  if (last_source_ && last_source_->key.Is(request, options)) return *last_source_;
  last_source_.reset();
  Source source = ReadSource(request, options);
  source.encoded = EncodeSource(networks_, model().conditioning, source.inputs);
  return last_source_.emplace(std::move(source));
}

void McldPainter::AddPose(const PaintRequest& request, const TextureMap& texture,
                          const ResolvedPaintOptions& options, ConditionInputs& inputs) {
  const Image iuv = ResizeNearest(request.iuv, options.height, options.width);
  inputs.iuv = ByteTensor(iuv);
  const ConditioningConfig& conditioning = model().conditioning;
  if (conditioning.warp_latents || conditioning.warp_pose_guider)
    inputs.warp = WarpTensor(WarpTexture(texture, iuv, FrameColour(request.source).data()));
}

LatentPainter::EncodedBatch McldPainter::Encode(std::span<const PaintRequest> requests,
                                                const ResolvedPaintOptions& options) {
  const bool shared = ShareSource(requests);
  std::vector<ConditionInputs> rows;
  for (const PaintRequest& request : requests) {
    if (shared) {
      AddPose(request, SharedSource(request, options).texture, options, rows.emplace_back());
      continue;
    }
    const Source source = ReadSource(request, options);
    AddPose(request, source.texture, options, rows.emplace_back(source.inputs));
  }
  const ConditionInputs inputs = Stack(rows);
  const auto conditions = std::make_shared<const EncodedConditions>(
      shared ? EncodePose(networks_, model().conditioning, inputs, last_source_->encoded)
             : EncodeConditions(networks_, model().conditioning, inputs));
  const Predictor predict =
      GuidedPredictor(networks_.denoising_unet, *conditions, options.guidance);
  return {.predict = [conditions, predict](const at::Tensor& latents,
                                           int64_t timestep) { return predict(latents, timestep); },
          .first_not_finite = [conditions] { return FirstNotFinite(*conditions); }};
}

}  // namespace atelier::engine
