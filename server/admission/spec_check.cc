#include "server/admission/spec_check.h"

#include <algorithm>

#include "limits/limits.h"

namespace atelier::server {

Status CheckPicture(const v1::Picture& picture, const std::string& field, BlobReader& blobs) {
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
      if (info && info->size_bytes <= kMaxPictureBytes) return {};
      if (info) {
        return InvalidField(field + ".asset",
                            "at most " + std::to_string(kMaxPictureBytes) + " bytes",
                            std::to_string(info->size_bytes) + " bytes");
      }
      Error error = std::move(info).error();
      error.field = field + ".asset";
      return Unexpected(std::move(error));
    }
    case v1::Picture::CONTENT_NOT_SET:
      break;
  }
  return InvalidField(field, "a picture by data or asset", "none");
}

Result<PictureHeader> HeaderOf(const v1::Picture& picture, const std::string& field,
                               BlobReader& blobs) {
  if (!picture.has_asset()) return ReadPictureHeader(picture.data(), field);
  ATELIER_ASSIGN_OR_RETURN(const std::string digest, DigestOfAsset(picture.asset()));
  ATELIER_ASSIGN_OR_RETURN(const std::string stored, blobs.Get(digest));
  return ReadPictureHeader(stored, field);
}

Status CheckPng(const v1::Picture& picture, const std::string& field, BlobReader& blobs) {
  ATELIER_RETURN_IF_ERROR(CheckPicture(picture, field, blobs));
  ATELIER_ASSIGN_OR_RETURN(const PictureHeader header, HeaderOf(picture, field, blobs));
  if (header.format == PictureFormat::kPng) return {};
  return InvalidField(field, "a PNG", ContentTypeOf(header.format));
}

Result<FilmHeader> FilmHeaderOf(const v1::Picture& film, const std::string& field,
                                BlobReader& blobs) {
  if (film.content_case() == v1::Picture::CONTENT_NOT_SET) {
    return InvalidField(field, "a film by data or asset", "none");
  }
  if (!film.has_asset()) return ReadFilmHeader(film.data(), field);
  const Result<std::string> digest = DigestOfAsset(film.asset());
  Result<std::string> stored =
      digest ? blobs.Get(*digest) : Result<std::string>(Propagate(digest.error()));
  if (stored) return ReadFilmHeader(*stored, field);
  Error error = std::move(stored).error();
  error.field = field + ".asset";
  return Unexpected(std::move(error));
}

Status CheckScheduler(const std::string& scheduler, const std::string& field,
                      const std::optional<v1::Model>& model) {
  if (scheduler.empty() || !model || model->schedulers().empty()) return {};
  const auto& known = model->schedulers();
  if (std::find(known.begin(), known.end(), scheduler) != known.end()) return {};
  std::string names;
  for (const std::string& name : known) names += (names.empty() ? "" : ", ") + name;
  return InvalidField(field, "one of the model's schedulers (" + names + ")", scheduler);
}

bool ReadsKeypoints(const std::optional<v1::Model>& model) {
  if (!model) return false;
  const auto& reads = model->conditions();
  return std::find(reads.begin(), reads.end(), v1::CONDITION_KEYPOINT_PICTURE) != reads.end();
}

Result<QueueTerms> TermsOf(const v1::JobSpec& spec, const std::string& prefix) {
  for (const char* field : {"priority", "queue_ttl"}) {
    ATELIER_RETURN_IF_ERROR(CheckField(spec, field, prefix + field));
  }
  QueueTerms terms;
  terms.priority = spec.priority();
  const auto& ttl = spec.queue_ttl();
  terms.ttl =
      std::chrono::seconds(ttl.seconds()) + std::chrono::milliseconds(ttl.nanos() / 1'000'000);
  return terms;
}

Status CheckRequestId(const std::string& request_id) {
  v1::SubmitJobRequest request;
  request.set_request_id(request_id);
  return CheckField(request, "request_id", "request_id");
}

}  // namespace atelier::server
