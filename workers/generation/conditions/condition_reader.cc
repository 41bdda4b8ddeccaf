#include "generation/conditions/condition_reader.h"

#include <algorithm>
#include <utility>

#include "imaging/picture_codec.h"
#include "imaging/picture_fit.h"
#include "picture/given_iuv.h"

namespace atelier::generation {
namespace {

/// A service's error about a picture, with the spec's field that gave the picture.
Unexpected About(const std::string& field, const Error& service_error) {
  Error error = service_error.WithContext(field);
  if (error.field == "picture" || error.field == "iuv_png") error.field = field;
  return Unexpected(std::move(error));
}

/// Adds a service's warnings without the names of its own fields, which mean nothing to the job's
/// owner.
void AddWithoutFields(std::vector<Warning> from, std::vector<Warning>& to) {
  for (Warning& warning : from) {
    warning.field.clear();
    to.push_back(std::move(warning));
  }
}

/// Adds the conditions' warnings to the job's; `field` gave the picture.
void AddWarnings(const Conditions& conditions, const std::string& field,
                 std::vector<Warning>& warnings) {
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
                                           const JobContext& job) {
  if (picture.content_case() == v1::Picture::kData) return picture.data();
  if (picture.content_case() == v1::Picture::kAsset) {
    auto bytes = assets_.Fetch(picture.asset(), job.lease, job.stop);
    if (!bytes) return Propagate(bytes.error(), field);
    return bytes;
  }
  return InvalidField(std::string(field), "given", "nothing");
}

Result<ConditionReader::SharedConditions> ConditionReader::ReadPerson(const PersonPicture& person,
                                                                      const JobContext& job) {
  const std::string key = KeyOf(person, job.model);
  SharedConditions conditions = cache_.Find(key);
  const bool needs_iuv = (person.wants_texture || person.wants_face) && !person.face_is_enough;
  const bool is_enough = conditions && (!person.wants_texture || !conditions->texture.empty()) &&
                         (!needs_iuv || !conditions->iuv.empty());
  if (!is_enough) {
    ATELIER_ASSIGN_OR_RETURN(conditions, ReadPersonAnew(person, job));
    cache_.Insert(key, conditions);
  }
  AddWarnings(*conditions, person.field, job.warnings);
  return conditions;
}

Result<ConditionReader::SharedConditions> ConditionReader::ReadPersonAnew(
    const PersonPicture& person, const JobContext& job) {
  ATELIER_ASSIGN_OR_RETURN(const std::string bytes, Bytes(person.picture, person.field, job));
  // A given IUV is of the whole picture's size.
  const int longest = person.iuv ? 0 : kMaxConditionSide;
  ATELIER_ASSIGN_OR_RETURN(Image whole, imaging::DecodePicture(bytes, person.field, longest));
  auto conditions = std::make_shared<Conditions>();
  if (!person.wants_texture && !person.wants_face) {
    conditions->picture = imaging::ShrinkToFit(std::move(whole), kMaxConditionSide);
    return conditions;
  }
  auto iuv = ReadPersonIuv(person, whole, job, *conditions);
  // Without an IUV a detector may still find the face.
  const bool no_estimator = !iuv && iuv.error().reason == kIuvChartReason && !person.wants_texture;
  const bool no_body = !iuv && iuv.error().reason == kNoPersonReason && person.face_is_enough;
  const bool face_alone = no_estimator || no_body;
  if (!iuv && !face_alone) return Propagate(iuv.error());
  if (iuv) conditions->iuv = *std::move(iuv);
  conditions->picture = imaging::ShrinkToFit(std::move(whole), kMaxConditionSide);
  // All that the model reads, so that the answer serves later jobs of this picture, too.
  const RegionParts parts{.texture_map = job.model.Reads(engine::Condition::kTextureMap),
                          .face = job.model.Reads(engine::Condition::kFaceEmbedding)};
  auto regions =
      perception_.ExtractRegions(conditions->picture, conditions->iuv, parts, job.model, job.stop);
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
  AddWithoutFields(std::move(regions->warnings), conditions->warnings);
  return conditions;
}

/// The IUV of a person's picture `whole`, of the size that the picture shrinks to.
Result<Image> ConditionReader::ReadPersonIuv(const PersonPicture& person, const Image& whole,
                                             const JobContext& job, Conditions& conditions) {
  if (!person.iuv) {
    auto estimate = perception_.EstimatePose(imaging::ShrinkToFit(whole, kMaxConditionSide),
                                             {.iuv = true}, job.model, job.stop);
    if (!estimate) return About(person.field, estimate.error());
    AddWithoutFields(std::move(estimate->warnings), conditions.warnings);
    return std::move(estimate->iuv);
  }
  const JobContext into_conditions{job.model, job.stop, conditions.warnings, job.lease};
  ATELIER_ASSIGN_OR_RETURN(Image iuv, ReadIuv(*person.iuv, into_conditions));
  if (iuv.height != whole.height || iuv.width != whole.width) {
    return InvalidField(person.iuv->field,
                        "of the size of `" + person.field + "`, " + SizeText(whole), SizeText(iuv));
  }
  return imaging::ShrinkIuvToFit(std::move(iuv), kMaxConditionSide);
}

Result<Image> ConditionReader::ReadIuv(const IuvPicture& iuv, const JobContext& job) {
  ATELIER_ASSIGN_OR_RETURN(const std::string png, Bytes(iuv.picture, iuv.field, job));
  ATELIER_ASSIGN_OR_RETURN(
      const std::optional<Warning> warning,
      CheckIuvChart({png, iuv.chart, iuv.field, "iuv_chart"}, job.model.iuv_chart));
  if (warning) job.warnings.push_back(*warning);
  return imaging::DecodeIuv(png, iuv.field);
}

Result<ConditionReader::SharedConditions> ConditionReader::ReadPose(const v1::Picture& picture,
                                                                    const PoseParts& parts,
                                                                    int height, int width,
                                                                    const JobContext& job) {
  const std::string field = "pose_picture";
  const std::string key = "pose:" + job.model.name + ":" + ContentKey(picture) + ":" +
                          std::to_string(height) + "x" + std::to_string(width);
  SharedConditions known = cache_.Find(key);
  if (!known) {
    ATELIER_ASSIGN_OR_RETURN(const std::string bytes, Bytes(picture, field, job));
    ATELIER_ASSIGN_OR_RETURN(Image decoded,
                             imaging::DecodePicture(bytes, field, kMaxConditionSide));
    const Image fitted = imaging::PadToAspect(
        imaging::ShrinkToFit(std::move(decoded), kMaxConditionSide), height, width);
    auto estimate = perception_.EstimatePose(fitted, parts, job.model, job.stop);
    if (!estimate) return About(field, estimate.error());
    auto pose = std::make_shared<Conditions>();
    pose->iuv = std::move(estimate->iuv);
    pose->keypoint_picture = std::move(estimate->keypoint_picture);
    AddWithoutFields(std::move(estimate->warnings), pose->warnings);
    known = pose;
    cache_.Insert(key, known);
  }
  AddWarnings(*known, field, job.warnings);
  return known;
}

}  // namespace atelier::generation
