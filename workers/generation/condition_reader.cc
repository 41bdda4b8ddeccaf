#include "generation/condition_reader.h"

#include <algorithm>
#include <utility>

#include "imaging/picture_codec.h"
#include "imaging/picture_fit.h"
#include "picture/given_iuv.h"

namespace atelier::generation {
namespace {

/// What a service says against a picture, told of the spec's field that gave the picture.
Unexpected About(const std::string& field, const Error& said) {
  Error error = said.WithContext(field);
  if (error.field == "picture" || error.field == "iuv_png") error.field = field;
  return Unexpected(std::move(error));
}

/// The services' names of their fields mean nothing to the job's owner.
void AddAsPictures(std::vector<Warning> from, std::vector<Warning>& to) {
  for (Warning& warning : from) {
    warning.field.clear();
    to.push_back(std::move(warning));
  }
}

/// The conditions' warnings as those of the job; `field` gave the picture.
void Tell(const Conditions& conditions, const std::string& field, std::vector<Warning>& warnings) {
  for (Warning warning : conditions.warnings) {
    if (warning.field.empty()) warning.field = field;
    warnings.push_back(std::move(warning));
  }
}

std::string KeyOf(const PersonPicture& person, const engine::ModelInfo& model) {
  std::string key = "person:" + model.name + ":" + ContentKey(person.picture);
  if (person.iuv) key += ":" + ContentKey(person.iuv->picture) + ":" + person.iuv->chart;
  return key;
}

std::string SizeText(const Image& image) {
  return std::to_string(image.width) + " x " + std::to_string(image.height) + " pixels";
}

}  // namespace

Result<std::string> ConditionReader::Bytes(const v1::Picture& picture, std::string_view field,
                                           const std::stop_token& stop) {
  if (picture.content_case() == v1::Picture::kData) return picture.data();
  if (picture.content_case() == v1::Picture::kAsset) {
    auto bytes = assets_.Fetch(picture.asset(), stop);
    if (!bytes) return Propagate(bytes.error(), field);
    return bytes;
  }
  return InvalidField(std::string(field), "given", "nothing");
}

Result<ConditionReader::SharedConditions> ConditionReader::ReadPerson(const PersonPicture& person,
                                                                      const JobContext& job) {
  const std::string key = KeyOf(person, job.model);
  SharedConditions conditions = cache_.Find(key);
  const bool is_enough = conditions && (!person.wants_texture || !conditions->texture.empty()) &&
                         (person.face_is_enough || !conditions->iuv.empty());
  if (!is_enough) {
    ATELIER_ASSIGN_OR_RETURN(conditions, ReadPersonAnew(person, job));
    cache_.Insert(key, conditions);
  }
  Tell(*conditions, person.field, job.warnings);
  return conditions;
}

Result<ConditionReader::SharedConditions> ConditionReader::ReadPersonAnew(
    const PersonPicture& person, const JobContext& job) {
  ATELIER_ASSIGN_OR_RETURN(const std::string bytes, Bytes(person.picture, person.field, job.stop));
  ATELIER_ASSIGN_OR_RETURN(Image whole, imaging::DecodePicture(bytes, person.field));
  auto conditions = std::make_shared<Conditions>();
  auto iuv = ReadPersonIuv(person, whole, job, *conditions);
  // Without an IUV a detector may still find the face.
  const bool no_estimator = !iuv && iuv.error().reason == kIuvChartReason && !person.wants_texture;
  const bool nobody = !iuv && iuv.error().reason == kNoPersonReason && person.face_is_enough;
  const bool face_alone = no_estimator || nobody;
  if (!iuv && !face_alone) return Propagate(iuv.error());
  if (iuv) conditions->iuv = *std::move(iuv);
  conditions->picture = imaging::ShrinkToFit(std::move(whole), kMaxConditionSide);
  auto regions =
      perception_.ExtractRegions(conditions->picture, conditions->iuv, job.model, job.stop);
  if (!regions) {
    // No detector either: what was missing first says what to bring.
    const bool no_detector = regions.error().code == Code::kFailedPrecondition;
    if (face_alone && no_detector) return Propagate(iuv.error());
    return About(person.field, regions.error());
  }
  conditions->texture = std::move(regions->texture);
  conditions->texture_validity = std::move(regions->texture_validity);
  conditions->texture_layout = std::move(regions->texture_layout);
  conditions->face_found = regions->face_found;
  conditions->face_embedding = std::move(regions->face_embedding);
  AddAsPictures(std::move(regions->warnings), conditions->warnings);
  return conditions;
}

/// The IUV of a person's picture `whole`, of the size that the picture shrinks to.
Result<Image> ConditionReader::ReadPersonIuv(const PersonPicture& person, const Image& whole,
                                             const JobContext& job, Conditions& conditions) {
  if (!person.iuv) {
    auto estimate = perception_.EstimateIuv(imaging::ShrinkToFit(whole, kMaxConditionSide),
                                            job.model, job.stop);
    if (!estimate) return About(person.field, estimate.error());
    AddAsPictures(std::move(estimate->warnings), conditions.warnings);
    return std::move(estimate->iuv);
  }
  const JobContext into_conditions{job.model, job.stop, conditions.warnings};
  ATELIER_ASSIGN_OR_RETURN(Image iuv, ReadIuv(*person.iuv, into_conditions));
  if (iuv.height != whole.height || iuv.width != whole.width) {
    return InvalidField(person.iuv->field,
                        "of the size of `" + person.field + "`, " + SizeText(whole), SizeText(iuv));
  }
  return imaging::ShrinkIuvToFit(std::move(iuv), kMaxConditionSide);
}

Result<Image> ConditionReader::ReadIuv(const IuvPicture& iuv, const JobContext& job) {
  ATELIER_ASSIGN_OR_RETURN(const std::string png, Bytes(iuv.picture, iuv.field, job.stop));
  ATELIER_ASSIGN_OR_RETURN(
      const std::optional<Warning> warning,
      CheckIuvChart({png, iuv.chart, iuv.field, "iuv_chart"}, job.model.iuv_chart));
  if (warning) job.warnings.push_back(*warning);
  return imaging::DecodeIuv(png, iuv.field);
}

Result<Image> ConditionReader::ReadPose(const v1::Picture& picture, int height, int width,
                                        const JobContext& job) {
  const std::string field = "pose_picture";
  const std::string key = "pose:" + job.model.name + ":" + ContentKey(picture) + ":" +
                          std::to_string(height) + "x" + std::to_string(width);
  SharedConditions known = cache_.Find(key);
  if (!known) {
    ATELIER_ASSIGN_OR_RETURN(const std::string bytes, Bytes(picture, field, job.stop));
    ATELIER_ASSIGN_OR_RETURN(Image decoded, imaging::DecodePicture(bytes, field));
    const Image fitted = imaging::PadToAspect(
        imaging::ShrinkToFit(std::move(decoded), kMaxConditionSide), height, width);
    auto estimate = perception_.EstimateIuv(fitted, job.model, job.stop);
    if (!estimate) return About(field, estimate.error());
    auto pose = std::make_shared<Conditions>();
    pose->iuv = std::move(estimate->iuv);
    AddAsPictures(std::move(estimate->warnings), pose->warnings);
    known = pose;
    cache_.Insert(key, known);
  }
  Tell(*known, field, job.warnings);
  return known->iuv;
}

}  // namespace atelier::generation
