#include "engine/pipelines/mcld/finite_check.h"

#include <algorithm>
#include <string>

namespace atelier::engine {
namespace {

bool IsFinite(const at::Tensor& numbers) {
  return !numbers.defined() || numbers.isfinite().all().item<bool>();
}

Unexpected NotFinite(const std::string& component) {
  return MakeError(Code::kInternal, "NOT_FINITE",
                   component +
                       " gave numbers that are not finite (NaN or infinite): its weights are "
                       "damaged, or too large for the number format (dtype)");
}

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

}  // namespace

Status CheckLatents(const at::Tensor& latents, const EncodedConditions& conditions) {
  return IsFinite(latents) ? Status() : NotFinite(FirstNotFinite(conditions));
}

Status CheckDecoded(const at::Tensor& picture) {
  return IsFinite(picture) ? Status() : NotFinite("vae");
}

}  // namespace atelier::engine
