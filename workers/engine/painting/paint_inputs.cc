#include "engine/painting/paint_inputs.h"

#include <algorithm>
#include <cmath>

#include "base/body.h"

namespace atelier::engine {
namespace {

std::string SizeName(const Image& image) {
  return std::to_string(image.height) + "x" + std::to_string(image.width) + "x" +
         std::to_string(image.channels);
}

bool IsWhole(const Image& image, int channels) {
  return image.height > 0 && image.width > 0 && image.channels == channels &&
         image.data.size() == static_cast<size_t>(image.height) * image.width * channels;
}

Status CheckSide(const char* field, int side) {
  if (side >= kMinSidePixels && side <= kMaxSidePixels && side % kSideMultiplePixels == 0)
    return {};
  return InvalidField(field,
                      "a multiple of " + std::to_string(kSideMultiplePixels) + " from " +
                          std::to_string(kMinSidePixels) + " to " + std::to_string(kMaxSidePixels),
                      std::to_string(side));
}

Status CheckScheduler(const std::string& scheduler, const ModelInfo& info) {
  std::string names;
  for (const std::string& name : info.schedulers) {
    if (name == scheduler) return {};
    names += (names.empty() ? "" : ", ") + name;
  }
  return InvalidField("scheduler", "one of " + names, scheduler);
}

Status CheckPicture(const std::string& field, const Image& image) {
  if (IsWhole(image, 3)) return {};
  return InvalidField(field, "an RGB picture", SizeName(image));
}

Status CheckTexture(const std::string& prefix, const PaintRequest& request, const ModelInfo& info) {
  const Image& texture = request.texture_map;
  const std::string size =
      std::to_string(info.texture_height) + "x" + std::to_string(info.texture_width);
  if (!IsWhole(texture, 3) || texture.height != info.texture_height ||
      texture.width != info.texture_width)
    return InvalidField(prefix + "texture_map", "an RGB picture of " + size + " pixels",
                        SizeName(texture));
  const Image& validity = request.texture_validity;
  if (validity.empty()) return {};
  if (!IsWhole(validity, 1) || validity.height != texture.height || validity.width != texture.width)
    return InvalidField(prefix + "texture_validity",
                        "empty or a one-channel picture of " + size + " pixels",
                        SizeName(validity));
  return {};
}

Status CheckIuv(const std::string& prefix, const Image& iuv) {
  if (!IsWhole(iuv, 3))
    return InvalidField(prefix + "iuv", "a picture of channels (I, U, V)", SizeName(iuv));
  for (size_t i = 0; i < iuv.data.size(); i += 3) {
    if (iuv.data[i] > kBodyPartCount)
      return InvalidField(prefix + "iuv", "parts 0 to " + std::to_string(kBodyPartCount) + " in I",
                          std::to_string(iuv.data[i]));
  }
  return {};
}

Status CheckFace(const std::string& prefix, const std::vector<float>& face, int size) {
  if (!face.empty() && static_cast<int>(face.size()) != size)
    return InvalidField(prefix + "face_embedding", "empty or " + std::to_string(size) + " numbers",
                        std::to_string(face.size()) + " numbers");
  if (!std::all_of(face.begin(), face.end(), [](float x) { return std::isfinite(x); }))
    return InvalidField(prefix + "face_embedding", "finite numbers", "a NaN or an infinity");
  return {};
}

}  // namespace

Result<ResolvedPaintOptions> ResolvePaintOptions(const PaintOptions& options,
                                                 const ModelInfo& info) {
  ResolvedPaintOptions resolved;
  resolved.height = options.height.value_or(info.height);
  resolved.width = options.width.value_or(info.width);
  resolved.steps = options.steps.value_or(info.default_steps);
  resolved.guidance = options.guidance.value_or(info.default_guidance);
  resolved.scheduler = options.scheduler.empty() ? info.default_scheduler : options.scheduler;
  resolved.preview_every = options.preview_every;
  ATELIER_RETURN_IF_ERROR(CheckSide("height", resolved.height));
  ATELIER_RETURN_IF_ERROR(CheckSide("width", resolved.width));
  if (resolved.steps < 1 || resolved.steps > kMaxSteps)
    return InvalidField("steps", "from 1 to " + std::to_string(kMaxSteps),
                        std::to_string(resolved.steps));
  // Written so that a NaN fails too.
  if (!(resolved.guidance >= 1.0 && resolved.guidance <= kMaxGuidance))
    return InvalidField("guidance", "from 1 to 30", std::to_string(resolved.guidance));
  ATELIER_RETURN_IF_ERROR(CheckScheduler(resolved.scheduler, info));
  if (resolved.preview_every < 0)
    return InvalidField("preview_every", "0 or more", std::to_string(resolved.preview_every));
  return resolved;
}

Status CheckPaintRequests(std::span<const PaintRequest> requests, const ModelInfo& info) {
  if (requests.empty()) return InvalidField("requests", "one or more", "none");
  for (size_t i = 0; i < requests.size(); ++i) {
    const PaintRequest& request = requests[i];
    const std::string prefix = "requests[" + std::to_string(i) + "].";
    if (info.Reads(Condition::kSourcePicture))
      ATELIER_RETURN_IF_ERROR(CheckPicture(prefix + "source", request.source));
    if (info.Reads(Condition::kTextureMap))
      ATELIER_RETURN_IF_ERROR(CheckTexture(prefix, request, info));
    if (info.Reads(Condition::kTargetIuv)) ATELIER_RETURN_IF_ERROR(CheckIuv(prefix, request.iuv));
    if (info.Reads(Condition::kKeypointPicture))
      ATELIER_RETURN_IF_ERROR(CheckPicture(prefix + "keypoint_picture", request.keypoint_picture));
    if (info.Reads(Condition::kFaceEmbedding))
      ATELIER_RETURN_IF_ERROR(CheckFace(prefix, request.face_embedding, info.face_embedding_size));
  }
  return {};
}

}  // namespace atelier::engine
