#include "server/admission/edit_kind.h"

#include <algorithm>

#include "limits/limits.h"
#include "server/admission/drawn_seed.h"
#include "server/admission/iuv_chart_check.h"
#include "server/admission/iuv_file_check.h"
#include "server/admission/spec_check.h"
#include "server/admission/swap_rules.h"
#include "server/jobs/job_work.h"
#include "warnings/spec_warnings.h"

namespace atelier::server {
namespace {

bool HasTarget(const v1::EditSpec& spec) {
  return spec.target_case() != v1::EditSpec::TARGET_NOT_SET;
}

// Whether the result keeps the base's own pixels.
bool KeepsRest(const v1::EditSpec& spec) {
  return !HasTarget(spec) && (!spec.has_keep_rest() || spec.keep_rest());
}

std::string At(const std::string& field, int index) {
  return field + "[" + std::to_string(index) + "]";
}

Status CheckPose(const v1::EditSpec& spec, const std::string& prefix) {
  if (HasTarget(spec)) {
    if (!spec.keep_rest()) return {};
    return InvalidField(prefix + ".keep_rest",
                        "absent or false with another pose: nothing stays where it was", "true");
  }
  if (spec.sources().empty()) return {};
  return InvalidField(prefix + ".sources", "empty without a pose_picture or pose_iuv",
                      std::to_string(spec.sources_size()) + " pictures");
}

Status CheckPictures(const v1::EditSpec& spec, const std::string& prefix, BlobReader& blobs) {
  ATELIER_RETURN_IF_ERROR(CheckPicture(spec.base(), prefix + ".base", blobs));
  ATELIER_RETURN_IF_ERROR(CheckSwapPictures(spec.swaps(), prefix, blobs));
  if (spec.has_pose_picture()) {
    ATELIER_RETURN_IF_ERROR(CheckPicture(spec.pose_picture(), prefix + ".pose_picture", blobs));
  }
  if (spec.has_pose_iuv()) {
    ATELIER_RETURN_IF_ERROR(CheckPng(spec.pose_iuv(), prefix + ".pose_iuv", blobs));
  }
  for (int i = 0; i < spec.sources_size(); ++i) {
    ATELIER_RETURN_IF_ERROR(CheckPicture(spec.sources(i), At(prefix + ".sources", i), blobs));
  }
  return {};
}

constexpr int64_t kMegapixel = 1'000'000;
/// Pixels of the longer side of people and garments as the generation worker reads them.
constexpr int kEditedSide = 1536;

/// Of a picture whose longer side is reduced to `longest`; a megapixel where it cannot be read.
int64_t EditedPixels(const v1::Picture& picture, int longest, BlobReader& blobs) {
  const Result<PictureHeader> header = HeaderOf(picture, "", blobs);
  if (!header) return kMegapixel;
  const double scale =
      std::min(1.0, static_cast<double>(longest) / std::max(header->height, header->width));
  return static_cast<int64_t>(scale * header->height * scale * header->width);
}

}  // namespace

Status EditKind::Check(const v1::JobSpec& job, const SpecContext& context) const {
  const v1::EditSpec& spec = job.edit();
  const std::string& prefix = context.prefix;
  // The cheap rules first: pictures may have to be read.
  ATELIER_RETURN_IF_ERROR(CheckLimits(spec, prefix));
  ATELIER_RETURN_IF_ERROR(CheckSwaps(spec.swaps(), prefix));
  ATELIER_RETURN_IF_ERROR(CheckPose(spec, prefix));
  ATELIER_RETURN_IF_ERROR(CheckPictures(spec, prefix, context.blobs));
  if (!spec.has_pose_iuv()) return {};
  ATELIER_RETURN_IF_ERROR(
      CheckChartOfFile(spec.pose_iuv(), prefix + ".pose_iuv", context.model, context.blobs));
  return CheckIuvFiles(spec, prefix, context.blobs);
}

void EditKind::FillDefaults(v1::JobSpec& job, const std::optional<v1::Model>&) const {
  v1::EditSpec& spec = *job.mutable_edit();
  if (!spec.has_seed()) spec.set_seed(DrawSeed());
  if (!spec.has_variations()) spec.set_variations(1);
  spec.set_keep_rest(KeepsRest(spec));
}

std::vector<Warning> EditKind::WarningsOf(const v1::JobSpec& spec, const v1::Model& model) const {
  return WarningsOfSpec(spec, model);
}

std::vector<v1::Picture*> EditKind::PicturesOf(v1::JobSpec& job) const {
  v1::EditSpec& spec = *job.mutable_edit();
  std::vector<v1::Picture*> pictures = {spec.mutable_base()};
  AddSwapPictures(*spec.mutable_swaps(), pictures);
  if (spec.has_pose_picture()) pictures.push_back(spec.mutable_pose_picture());
  if (spec.has_pose_iuv()) pictures.push_back(spec.mutable_pose_iuv());
  for (v1::Picture& picture : *spec.mutable_sources()) pictures.push_back(&picture);
  return pictures;
}

std::string EditKind::BatchKey(const v1::JobSpec& spec) const {
  return spec.edit().model() +
         (KeepsRest(spec.edit()) ? std::string(kUnpaintedKey) : "|painted edit");
}

JobSize EditKind::SizeOf(const v1::JobSpec& job, BlobReader& blobs) const {
  const v1::EditSpec& spec = job.edit();
  JobSize size;
  if (!KeepsRest(spec)) {
    size.pixels = kMegapixel * std::max(1, spec.variations());
  } else {
    const int asked = spec.longest_side() > 0 ? spec.longest_side() : kEditedSide;
    size.pixels = EditedPixels(spec.base(), std::min(asked, kEditedSide), blobs);
    for (const v1::RegionSwap& swap : spec.swaps()) {
      if (swap.has_person()) size.pixels += EditedPixels(swap.person(), kEditedSide, blobs);
      if (swap.has_garment()) size.pixels += EditedPixels(swap.garment(), kEditedSide, blobs);
    }
  }
  size.step_pixels = size.pixels;
  return size;
}

}  // namespace atelier::server
