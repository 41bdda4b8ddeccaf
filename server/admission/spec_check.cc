#include "server/admission/spec_check.h"

#include <algorithm>

#include "picture/picture_header.h"
#include "server/admission/iuv_chart_check.h"

namespace atelier::server {
namespace {

// What the painter may get as a picture, by field.
enum class Accept { kAnyFormat, kPngOnly };

std::string GivenNumber(double value) {
  std::string text = std::to_string(value);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.ends_with('.')) text.pop_back();
  return text;
}

Status CheckRange(int64_t value, int64_t low, int64_t high, const std::string& field) {
  if (value >= low && value <= high) return {};
  return InvalidField(field, std::to_string(low) + " to " + std::to_string(high),
                      std::to_string(value));
}

Status CheckSide(int32_t value, const std::string& field) {
  if (value >= 64 && value <= 1024 && value % 8 == 0) return {};
  return InvalidField(field, "a multiple of 8 from 64 to 1024", std::to_string(value));
}

Status CheckPng(const v1::Picture& picture, const std::string& field, BlobStore& blobs) {
  std::string stored;
  if (picture.has_asset()) {
    ATELIER_ASSIGN_OR_RETURN(const std::string digest, DigestOfAsset(picture.asset()));
    ATELIER_ASSIGN_OR_RETURN(stored, blobs.Get(digest));
  }
  const std::string& bytes = picture.has_asset() ? stored : picture.data();
  ATELIER_ASSIGN_OR_RETURN(const PictureHeader header, ReadPictureHeader(bytes, field));
  if (header.format == PictureFormat::kPng) return {};
  return InvalidField(field, "a PNG", ContentTypeOf(header.format));
}

Status CheckOne(const v1::Picture& picture, const std::string& field, Accept accept,
                BlobStore& blobs) {
  ATELIER_RETURN_IF_ERROR(CheckPicture(picture, field, blobs));
  return accept == Accept::kPngOnly ? CheckPng(picture, field, blobs) : Status();
}

Status CheckPictures(const v1::SynthesisSpec& spec, const std::string& prefix, BlobStore& blobs) {
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
  if (!spec.has_face()) return {};
  return CheckOne(spec.face(), prefix + ".face", Accept::kAnyFormat, blobs);
}

Status CheckScheduler(const v1::SynthesisSpec& spec, const std::string& field,
                      const std::optional<v1::Model>& model) {
  if (spec.scheduler().empty() || !model || model->schedulers().empty()) return {};
  const auto& known = model->schedulers();
  if (std::find(known.begin(), known.end(), spec.scheduler()) != known.end()) return {};
  std::string names;
  for (const std::string& name : known) names += (names.empty() ? "" : ", ") + name;
  return InvalidField(field, "one of the model's schedulers (" + names + ")", spec.scheduler());
}

}  // namespace

Status CheckPicture(const v1::Picture& picture, const std::string& field, BlobStore& blobs) {
  switch (picture.content_case()) {
    case v1::Picture::kData: {
      ATELIER_ASSIGN_OR_RETURN([[maybe_unused]] const PictureHeader header,
                               ReadPictureHeader(picture.data(), field));
      return CheckPictureWhole(picture.data(), field);
    }
    case v1::Picture::kAsset: {
      Result<std::string> digest = DigestOfAsset(picture.asset());
      Result<BlobInfo> info =
          digest ? blobs.Stat(*digest) : Result<BlobInfo>(Propagate(digest.error()));
      if (info) return {};
      Error error = std::move(info).error();
      error.field = field + ".asset";
      return Unexpected(std::move(error));
    }
    case v1::Picture::CONTENT_NOT_SET:
      break;
  }
  return InvalidField(field, "a picture by data or asset", "none");
}

Status CheckSynthesis(const v1::SynthesisSpec& spec, const std::string& prefix,
                      const std::optional<v1::Model>& model, BlobStore& blobs) {
  // The cheap rules first: pictures may have to be read.
  if (spec.has_height()) {
    ATELIER_RETURN_IF_ERROR(CheckSide(spec.height(), prefix + ".height"));
  }
  if (spec.has_width()) ATELIER_RETURN_IF_ERROR(CheckSide(spec.width(), prefix + ".width"));
  if (spec.has_steps()) {
    ATELIER_RETURN_IF_ERROR(CheckRange(spec.steps(), 1, 200, prefix + ".steps"));
  }
  // Written so that NaN fails.
  if (spec.has_guidance() && !(spec.guidance() >= 1 && spec.guidance() <= 30)) {
    return InvalidField(prefix + ".guidance", "1 to 30", GivenNumber(spec.guidance()));
  }
  if (spec.has_image_count()) {
    ATELIER_RETURN_IF_ERROR(CheckRange(spec.image_count(), 1, 8, prefix + ".image_count"));
  }
  if (spec.has_preview_every()) {
    ATELIER_RETURN_IF_ERROR(CheckRange(spec.preview_every(), 0, 200, prefix + ".preview_every"));
  }
  ATELIER_RETURN_IF_ERROR(CheckScheduler(spec, prefix + ".scheduler", model));
  ATELIER_RETURN_IF_ERROR(CheckPictures(spec, prefix, blobs));
  return CheckIuvCharts(spec, prefix, model, blobs);
}

Result<QueueTerms> TermsOf(const v1::JobSpec& spec, const std::string& prefix) {
  QueueTerms terms;
  ATELIER_RETURN_IF_ERROR(
      CheckRange(spec.priority(), kMinPriority, kMaxPriority, prefix + "priority"));
  terms.priority = spec.priority();
  if (!spec.has_queue_ttl()) return terms;
  constexpr int64_t kMaxTtlSeconds = 30 * 24 * 3600;
  const auto& ttl = spec.queue_ttl();
  const bool inside = ttl.seconds() >= 1 && ttl.seconds() <= kMaxTtlSeconds && ttl.nanos() >= 0 &&
                      ttl.nanos() < 1'000'000'000;
  if (!inside) {
    return InvalidField(prefix + "queue_ttl", "1 s to 30 days",
                        std::to_string(ttl.seconds()) + " s");
  }
  terms.ttl =
      std::chrono::seconds(ttl.seconds()) + std::chrono::milliseconds(ttl.nanos() / 1'000'000);
  return terms;
}

Status CheckRequestId(const std::string& request_id) {
  constexpr std::string_view kAllowed =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
  const bool charset = request_id.find_first_not_of(kAllowed) == std::string::npos;
  if (charset && request_id.size() <= 128) return {};
  return InvalidField("request_id", "at most 128 characters of [A-Za-z0-9._-]",
                      charset ? std::to_string(request_id.size()) + " characters" : request_id);
}

}  // namespace atelier::server
