#include "server/admission/synthesis_kind.h"

#include <algorithm>

#include "limits/limits.h"
#include "server/admission/drawn_seed.h"
#include "server/admission/iuv_chart_check.h"
#include "server/admission/iuv_file_check.h"
#include "server/admission/model_defaults.h"
#include "server/admission/spec_check.h"
#include "warnings/spec_warnings.h"

namespace atelier::server {
namespace {

// What the painter may get as a picture, by field.
enum class Accept { kAnyFormat, kPngOnly };

Status CheckOne(const v1::Picture& picture, const std::string& field, Accept accept,
                BlobReader& blobs) {
  return accept == Accept::kPngOnly ? CheckPng(picture, field, blobs)
                                    : CheckPicture(picture, field, blobs);
}

Status CheckPictures(const v1::SynthesisSpec& spec, const std::string& prefix, BlobReader& blobs) {
  ATELIER_RETURN_IF_ERROR(CheckOne(spec.source(), prefix + ".source", Accept::kAnyFormat, blobs));
  if (spec.has_pose_picture()) {
    ATELIER_RETURN_IF_ERROR(
        CheckOne(spec.pose_picture(), prefix + ".pose_picture", Accept::kAnyFormat, blobs));
  } else if (spec.has_pose_iuv()) {
    ATELIER_RETURN_IF_ERROR(
        CheckOne(spec.pose_iuv(), prefix + ".pose_iuv", Accept::kPngOnly, blobs));
  } else {
    return InvalidField(prefix + ".target", "one of pose_picture and pose_iuv", "none");
  }
  if (spec.has_source_iuv()) {
    ATELIER_RETURN_IF_ERROR(
        CheckOne(spec.source_iuv(), prefix + ".source_iuv", Accept::kPngOnly, blobs));
  }
  if (spec.has_texture()) {
    ATELIER_RETURN_IF_ERROR(CheckOne(spec.texture(), prefix + ".texture", Accept::kPngOnly, blobs));
  }
  if (spec.has_face()) {
    ATELIER_RETURN_IF_ERROR(CheckOne(spec.face(), prefix + ".face", Accept::kAnyFormat, blobs));
  }
  for (int i = 0; i < spec.sources_size(); ++i) {
    const std::string field = prefix + ".sources[" + std::to_string(i) + "]";
    ATELIER_RETURN_IF_ERROR(CheckOne(spec.sources(i), field, Accept::kAnyFormat, blobs));
  }
  return {};
}

/// Of a model whose texture's size is known. A texture of another one fits nothing.
Status CheckTextureSize(const v1::SynthesisSpec& spec, const std::string& field,
                        const SpecContext& context) {
  const std::optional<v1::Model>& model = context.model;
  const bool is_known = model && model->texture_height() > 0 && model->texture_width() > 0;
  if (!spec.has_texture() || !is_known) return {};
  ATELIER_ASSIGN_OR_RETURN(const PictureHeader texture,
                           HeaderOf(spec.texture(), field, context.blobs));
  if (texture.height == model->texture_height() && texture.width == model->texture_width()) {
    return {};
  }
  const auto sides = [](int width, int height) {
    return std::to_string(width) + " x " + std::to_string(height) + " pixels";
  };
  return InvalidField(
      field, "of the model's size, " + sides(model->texture_width(), model->texture_height()),
      sides(texture.width, texture.height));
}

/// Of a model whose conditions are known: an IUV holds no keypoints.
Status CheckPoseKind(const v1::SynthesisSpec& spec, const std::string& prefix,
                     const std::optional<v1::Model>& model) {
  if (!spec.has_pose_iuv() || !ReadsKeypoints(model)) return {};
  return InvalidField(
      prefix + ".pose_iuv",
      "absent, and pose_picture given: " + model->name() + " reads keypoints, which no IUV has",
      "an IUV");
}

}  // namespace

Status SynthesisKind::Check(const v1::JobSpec& job, const SpecContext& context) const {
  const v1::SynthesisSpec& spec = job.synthesis();
  const std::string& prefix = context.prefix;
  // The cheap rules first: pictures may have to be read.
  ATELIER_RETURN_IF_ERROR(CheckLimits(spec, prefix));
  ATELIER_RETURN_IF_ERROR(CheckScheduler(spec.scheduler(), prefix + ".scheduler", context.model));
  ATELIER_RETURN_IF_ERROR(CheckPoseKind(spec, prefix, context.model));
  ATELIER_RETURN_IF_ERROR(CheckPictures(spec, prefix, context.blobs));
  ATELIER_RETURN_IF_ERROR(CheckTextureSize(spec, prefix + ".texture", context));
  ATELIER_RETURN_IF_ERROR(CheckIuvCharts(spec, prefix, context.model, context.blobs));
  return CheckIuvFiles(spec, prefix, context.blobs);
}

void SynthesisKind::FillDefaults(v1::JobSpec& job, const std::optional<v1::Model>& model) const {
  v1::SynthesisSpec& spec = *job.mutable_synthesis();
  if (!spec.has_seed()) spec.set_seed(DrawSeed());
  if (!spec.has_image_count()) spec.set_image_count(1);
  if (!spec.has_preview_every()) spec.set_preview_every(0);
  FillModelDefaults(model, spec);
}

std::vector<Warning> SynthesisKind::WarningsOf(const v1::JobSpec& spec,
                                               const v1::Model& model) const {
  return WarningsOfSpec(spec, model);
}

std::vector<v1::Picture*> SynthesisKind::PicturesOf(v1::JobSpec& job) const {
  v1::SynthesisSpec& spec = *job.mutable_synthesis();
  std::vector<v1::Picture*> pictures = {spec.mutable_source()};
  if (spec.has_pose_picture()) pictures.push_back(spec.mutable_pose_picture());
  if (spec.has_pose_iuv()) pictures.push_back(spec.mutable_pose_iuv());
  if (spec.has_source_iuv()) pictures.push_back(spec.mutable_source_iuv());
  if (spec.has_texture()) pictures.push_back(spec.mutable_texture());
  if (spec.has_face()) pictures.push_back(spec.mutable_face());
  for (v1::Picture& picture : *spec.mutable_sources()) pictures.push_back(&picture);
  return pictures;
}

std::string SynthesisKind::BatchKey(const v1::JobSpec& job) const {
  const v1::SynthesisSpec& spec = job.synthesis();
  const std::string unset = "-";
  std::string key = spec.model();
  key.append("|").append(spec.has_height() ? std::to_string(spec.height()) : unset);
  key.append("|").append(spec.has_width() ? std::to_string(spec.width()) : unset);
  key.append("|").append(spec.has_steps() ? std::to_string(spec.steps()) : unset);
  key.append("|").append(spec.scheduler().empty() ? unset : spec.scheduler());
  if (!spec.has_guidance()) return key.append("|").append(unset);
  return key.append(spec.guidance() > 1 ? "|guided" : "|plain");
}

JobSize SynthesisKind::SizeOf(const v1::JobSpec& job, BlobReader&) const {
  constexpr int64_t kMegapixel = 1'000'000;
  const v1::SynthesisSpec& spec = job.synthesis();
  const bool sized = spec.height() > 0 && spec.width() > 0;
  const int64_t picture = sized ? int64_t{spec.height()} * spec.width() : kMegapixel;
  JobSize size;
  size.pixels = picture * std::max(1, spec.image_count());
  size.step_pixels = size.pixels * std::max(1, spec.steps()) * (spec.guidance() > 1 ? 2 : 1);
  return size;
}

}  // namespace atelier::server
