#include "engine/pipelines/fpdm/fpdm_painter.h"

#include <string>
#include <utility>
#include <vector>

#include "engine/painting/finite_check.h"
#include "engine/pipelines/fpdm/fpdm_conditions.h"
#include "engine/pipelines/fpdm/fpdm_predictor.h"

namespace atelier::engine {
namespace {

/// In the order in which they run; the first that is not finite made the others so.
std::string FirstNotFinite(const FpdmConditions& conditions) {
  if (!IsFinite(conditions.source_tokens)) return "source_encoder";
  if (!IsFinite(conditions.tokens)) return "source_projection";
  if (!IsFinite(conditions.pose_features)) return "pose_encoder";
  if (!IsFinite(conditions.image_embeds)) return "image_encoder";
  if (!IsFinite(conditions.fusion)) return "combiner";
  return "denoising_unet";
}

}  // namespace

FpdmPainter::FpdmPainter(ModelFolder model, FpdmNetworks networks, SchedulerConfig scheduler,
                         const NumberFormat& format)
    : LatentPainter(std::move(model), networks.vae, std::move(scheduler), format),
      networks_(std::move(networks)) {}

LatentPainter::EncodedBatch FpdmPainter::Encode(std::span<const PaintRequest> requests,
                                                const ResolvedPaintOptions& options) {
  const FpdmConditioning& conditioning = model().conditioning.fpdm;
  std::vector<FpdmInputs> rows;
  for (const PaintRequest& request : requests) {
    rows.push_back(MakeFpdmInputs(conditioning, networks_, request.source, request.keypoint_picture,
                                  options.height, options.width));
  }
  const FpdmInputs inputs = JoinFpdmInputs(rows);
  const bool shared = ShareSource(requests);
  if (shared && !(last_source_ && last_source_->key.Is(requests.front(), options))) {
    last_source_.reset();
    last_source_ =
        Source{SourceKey(requests.front(), options), EncodeFpdmSource(networks_, rows.front())};
  }
  const FpdmConditions conditions = shared
                                        ? EncodeFpdmPose(networks_, inputs, last_source_->encoded)
                                        : EncodeFpdmConditions(networks_, inputs);
  return {.predict = FpdmPredictor(
              networks_.denoising_unet, conditions,
              {.weight = options.guidance, .fusion_ratio = conditioning.fusion_guidance_ratio}),
          .first_not_finite = [conditions] { return FirstNotFinite(conditions); }};
}

}  // namespace atelier::engine
