#include "generation/preparation/job_preparer.h"

#include <algorithm>
#include <iterator>

#include "imaging/picture_codec.h"
#include "imaging/picture_fit.h"
#include "limits/limits.h"
#include "people/fit/retarget.h"
#include "picture/given_iuv.h"

namespace atelier::generation {
namespace {

std::string SizeText(int height, int width) {
  return std::to_string(width) + " x " + std::to_string(height) + " pixels";
}

/// A picture that the model's pipeline does not read would be passed over without a word.
Status RefuseUnread(const v1::Picture* picture, const char* field, const char* condition) {
  if (picture == nullptr) return {};
  return InvalidField(field, std::string("absent: the model reads no ") + condition, "a picture");
}

}  // namespace

JobPreparer::JobPreparer(const PainterSet& painters, AssetSource& assets, Perception& perception,
                         ConditionsCache& cache, const people::BodyFitter* fitter,
                         imaging::PictureMemory* memory)
    : painters_(painters),
      perception_(perception),
      cache_(cache),
      fitter_(fitter),
      reader_(assets, perception, cache, fitter, memory) {}

Result<std::shared_ptr<const Conditions>> JobPreparer::FillPerson(const PersonPictures& person,
                                                                  const JobContext& job,
                                                                  engine::PaintRequest& request) {
  using engine::Condition;
  const bool reads_texture = job.model.Reads(Condition::kTextureMap);
  const bool reads_face = job.model.Reads(Condition::kFaceEmbedding);
  if (!reads_texture) {
    ATELIER_RETURN_IF_ERROR(RefuseUnread(person.texture, "texture", "texture map"));
  }
  if (!reads_face) ATELIER_RETURN_IF_ERROR(RefuseUnread(person.face, "face", "face embedding"));
  // Of such a model's source nothing but the picture is read.
  if (!reads_texture && !reads_face) {
    ATELIER_RETURN_IF_ERROR(RefuseUnread(person.source_iuv, "source_iuv", "IUV of the source"));
    if (person.reading.person.choice_case() != v1::PersonChoice::CHOICE_NOT_SET)
      return InvalidField("source_person", "absent: the model reads the whole picture, so crop it",
                          "a choice");
  }
  if (!reads_texture && !reads_face && !job.model.Reads(Condition::kSourcePicture)) return nullptr;

  const IuvPicture iuv{person.source_iuv != nullptr ? *person.source_iuv : person.source,
                       "source_iuv", person.iuv_chart, person.iuv_channels};
  const bool brings_texture = person.texture != nullptr;
  const PersonPicture picture{.picture = person.source,
                              .field = "source",
                              .iuv = person.source_iuv != nullptr ? &iuv : nullptr,
                              .reading = person.reading,
                              .wants_texture = reads_texture && !brings_texture,
                              .wants_face = reads_face && person.face == nullptr,
                              .wants_body = person.gives_shape && person.source_iuv == nullptr &&
                                            fitter_ != nullptr &&
                                            job.model.Reads(Condition::kTargetIuv),
                              .must_show = brings_texture ? MustShow::kNothing : MustShow::kBody};
  ATELIER_ASSIGN_OR_RETURN(const auto source, reader_.ReadPerson(picture, job));
  if (job.model.Reads(Condition::kSourcePicture)) request.source = source->picture;
  if (reads_face) ATELIER_RETURN_IF_ERROR(FillFace(person, *source, job, request));
  if (reads_texture) ATELIER_RETURN_IF_ERROR(FillTexture(person, *source, job, request));
  return source;
}

Result<Photographs> JobPreparer::ReadPhotographs(
    const std::shared_ptr<const Conditions>& source,
    const google::protobuf::RepeatedPtrField<v1::Picture>& sources, const JobContext& job) {
  Photographs photographs;
  if (source && source->carry_source) photographs.push_back(source);
  if (sources.empty()) return photographs;
  const auto not_joined = [](const std::string& field) {
    return MakeError(Code::kFailedPrecondition, "SOURCES_NOT_JOINED",
                     field +
                         ": several pictures of a person are joined where a body was fitted to "
                         "each: photographs, for a model with a detail pass");
  };
  if (photographs.empty()) return not_joined("source");
  for (int i = 0; i < sources.size(); ++i) {
    const std::string field = "sources[" + std::to_string(i) + "]";
    const PersonPicture picture{.picture = sources[i], .field = field, .wants_face = false};
    ATELIER_ASSIGN_OR_RETURN(const auto further, reader_.ReadPerson(picture, job));
    if (!further->carry_source) return not_joined(field);
    photographs.push_back(further);
  }
  return photographs;
}

Status JobPreparer::FillFace(const PersonPictures& person, const Conditions& source,
                             const JobContext& job, engine::PaintRequest& request) {
  if (person.face == nullptr) {
    request.face_embedding = source.face_embedding;
    return {};
  }
  ATELIER_ASSIGN_OR_RETURN(const auto face, ReadFace(*person.face, job));
  if (face->face_embedding.empty() && face->face_found) {
    return MakeError(Code::kFailedPrecondition, "NO_FACE_EMBEDDING",
                     "face: a face is seen, but the region service has no network that knows faces "
                     "apart for this model (face_embedder), or does not find eyes, nose and mouth");
  }
  if (face->face_embedding.empty()) {
    return MakeError(Code::kFailedPrecondition, "NO_FACE", "face: no face is seen in the picture");
  }
  request.face_embedding = face->face_embedding;
  return {};
}

Result<std::shared_ptr<const Conditions>> JobPreparer::ReadFace(const v1::Picture& picture,
                                                                const JobContext& job) {
  const PersonPicture person{
      .picture = picture, .field = "face", .wants_texture = false, .must_show = MustShow::kFace};
  std::vector<Warning> warnings;
  auto face = reader_.ReadPerson(person, {job.model, job.stop, warnings});
  if (!face && face.error().reason == kNoPersonReason) {
    return MakeError(Code::kFailedPrecondition, "NO_FACE", face.error().message);
  }
  // A picture of a face need not show a body, nor a body that its estimator is sure of.
  std::copy_if(warnings.begin(), warnings.end(), std::back_inserter(job.warnings),
               [](const Warning& warning) {
                 return warning.reason != "PERSON_CUT_OFF" && warning.reason != "PERSON_UNSURE" &&
                        warning.reason != "PERSON_SMALL";
               });
  return face;
}

Status JobPreparer::FillTexture(const PersonPictures& person, const Conditions& source,
                                const JobContext& job, engine::PaintRequest& request) {
  const engine::ModelInfo& info = job.model;
  const auto fits = [&](const Image& texture) {
    return texture.height == info.texture_height && texture.width == info.texture_width;
  };
  const std::string wanted = SizeText(info.texture_height, info.texture_width);
  if (person.texture != nullptr) {
    ATELIER_ASSIGN_OR_RETURN(const std::string bytes,
                             reader_.Bytes(*person.texture, "texture", job));
    ATELIER_ASSIGN_OR_RETURN(request.texture_map, reader_.Decode(bytes, "texture", 0, job));
    if (fits(request.texture_map)) return {};
    return InvalidField("texture", "of the model's size, " + wanted,
                        SizeText(request.texture_map.height, request.texture_map.width));
  }
  // The region service was given another folder under the model's name.
  if (source.texture_layout != info.texture_layout || !fits(source.texture)) {
    return MakeError(Code::kFailedPrecondition, "TEXTURE_SIZE",
                     "the model reads " + info.texture_layout + " textures of " + wanted +
                         ", the region service made one of layout " + source.texture_layout +
                         " and " + SizeText(source.texture.height, source.texture.width) +
                         " for it: both must have the same model folder");
  }
  request.texture_map = source.texture;
  request.texture_validity = source.texture_validity;
  return {};
}

Result<std::optional<people::FittedBody>> JobPreparer::FillTarget(const TargetPictures& target,
                                                                  const Conditions* source,
                                                                  int height, int width,
                                                                  const JobContext& job,
                                                                  engine::PaintRequest& request) {
  const PoseParts parts{.iuv = job.model.Reads(engine::Condition::kTargetIuv),
                        .keypoint_picture = job.model.Reads(engine::Condition::kKeypointPicture)};
  if (!parts.iuv && !parts.keypoint_picture) return std::nullopt;
  if (target.pose_iuv != nullptr && parts.keypoint_picture) {
    return InvalidField(target.pose_field, "given: the model reads keypoints, which no IUV has",
                        target.iuv_field);
  }
  if (target.pose_iuv != nullptr) {
    ATELIER_ASSIGN_OR_RETURN(Image iuv, reader_.ReadIuv({*target.pose_iuv, target.iuv_field,
                                                         target.iuv_chart, target.iuv_channels},
                                                        job));
    request.iuv = imaging::PadIuvToAspect(std::move(iuv), height, width);
    return std::nullopt;
  }
  if (target.pose_picture == nullptr) {
    return InvalidField("target", "given: pose_picture or pose_iuv", "nothing");
  }
  ATELIER_ASSIGN_OR_RETURN(const auto pose,
                           reader_.ReadPose(*target.pose_picture, target.pose_field, target.reading,
                                            parts, height, width, job));
  request.iuv = pose->iuv;
  request.keypoint_picture = pose->keypoint_picture;
  const bool is_photograph = source != nullptr && source->is_photograph && source->body;
  if (fitter_ == nullptr || !parts.iuv || !is_photograph || !pose->body) return std::nullopt;
  const people::FittedBody before =
      target.keeps_shape ? InPoseOf(*fitter_, *source->body, *pose->body) : *pose->body;
  const double scale = static_cast<double>(height) / pose->iuv.height;
  const people::FittedBody body = InPicture(before, scale, 0, 0);
  request.iuv = fitter_->Iuv(body, height, width);
  return body;
}

}  // namespace atelier::generation
