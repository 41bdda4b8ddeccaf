#include "server/admission/iuv_file_check.h"

#include "picture/iuv_pixels.h"
#include "server/admission/spec_check.h"

namespace atelier::server {
namespace {

Result<std::string> BytesOf(const v1::Picture& picture, BlobReader& blobs) {
  if (!picture.has_asset()) return picture.data();
  ATELIER_ASSIGN_OR_RETURN(const std::string digest, DigestOfAsset(picture.asset()));
  return blobs.Get(digest);
}

Status CheckPixels(const v1::Picture& picture, v1::IuvChannels channels, const std::string& field,
                   BlobReader& blobs) {
  ATELIER_ASSIGN_OR_RETURN(const std::string png, BytesOf(picture, blobs));
  const bool is_vui = channels == v1::IUV_CHANNELS_VUI;
  return CheckIuvPixels({png, is_vui ? IuvOrder::kVui : IuvOrder::kIuv, field});
}

std::string SidesText(const PictureHeader& header) {
  return std::to_string(header.width) + " x " + std::to_string(header.height) + " pixels";
}

/// A source's IUV must lie over the source.
Status CheckSides(const v1::SynthesisSpec& spec, const std::string& prefix, BlobReader& blobs) {
  const std::string field = prefix + ".source_iuv";
  ATELIER_ASSIGN_OR_RETURN(const PictureHeader wanted,
                           HeaderOf(spec.source(), prefix + ".source", blobs));
  ATELIER_ASSIGN_OR_RETURN(const PictureHeader given, HeaderOf(spec.source_iuv(), field, blobs));
  if (given.height == wanted.height && given.width == wanted.width) return {};
  return InvalidField(field, "of the size of `" + prefix + ".source`, " + SidesText(wanted),
                      SidesText(given));
}

}  // namespace

Status CheckIuvFiles(const v1::SynthesisSpec& spec, const std::string& prefix, BlobReader& blobs) {
  if (spec.has_source_iuv()) {
    ATELIER_RETURN_IF_ERROR(CheckSides(spec, prefix, blobs));
    ATELIER_RETURN_IF_ERROR(
        CheckPixels(spec.source_iuv(), spec.iuv_channels(), prefix + ".source_iuv", blobs));
  }
  if (!spec.has_pose_iuv()) return {};
  return CheckPixels(spec.pose_iuv(), spec.iuv_channels(), prefix + ".pose_iuv", blobs);
}

Status CheckIuvFiles(const v1::EditSpec& spec, const std::string& prefix, BlobReader& blobs) {
  if (!spec.has_pose_iuv()) return {};
  return CheckPixels(spec.pose_iuv(), spec.iuv_channels(), prefix + ".pose_iuv", blobs);
}

Status CheckIuvFiles(const v1::SequenceSpec& spec, const std::string& prefix, BlobReader& blobs) {
  const auto& poses = spec.pose_list().poses();
  for (int i = 0; i < poses.size(); ++i) {
    if (!poses[i].has_iuv()) continue;
    const std::string field = prefix + ".pose_list.poses[" + std::to_string(i) + "].iuv";
    ATELIER_RETURN_IF_ERROR(CheckPixels(poses[i].iuv(), spec.iuv_channels(), field, blobs));
  }
  return {};
}

}  // namespace atelier::server
