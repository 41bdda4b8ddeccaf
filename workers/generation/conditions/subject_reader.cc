#include "generation/conditions/subject_reader.h"

#include <algorithm>
#include <array>
#include <utility>

#include "edit/parse/read_subject.h"
#include "imaging/picture_codec.h"
#include "imaging/picture_fit.h"
#include "picture/picture_header.h"

namespace atelier::generation {
namespace {

bool FitsItself(v1::Estimator estimator) {
  return estimator == v1::ESTIMATOR_UNSPECIFIED || estimator == v1::ESTIMATOR_AUTO;
}

Unexpected NotFitted(const std::string& field) {
  return MakeError(Code::kFailedPrecondition, "NOT_FITTED",
                   field +
                       ": no body was fitted to the person; edits need the networks for "
                       "photographs and a person who is seen with their head");
}

size_t BytesOf(const cv::Mat& mat) { return mat.total() * mat.elemSize(); }

size_t BytesOf(const edit::Subject& subject) {
  const edit::Person& person = subject.person;
  size_t bytes = person.picture.data.size() + BytesOf(person.mask) + BytesOf(person.squareness) +
                 BytesOf(person.beside_nearer) + BytesOf(subject.appearance.wall) +
                 person.visible.triangle.size() * (sizeof(int) + sizeof(float));
  for (const cv::Mat& mask : subject.regions.masks) bytes += BytesOf(mask);
  const size_t vertices = person.screen.size();
  return bytes + vertices * (2 * sizeof(people::Vec3) + sizeof(people::ScreenPoint) +
                             (1 + edit::kLabelCount) * sizeof(float));
}

/// The five points by their names; nothing unless all are there.
std::optional<edit::FacePoints> PointsOf(const std::vector<v1::Keypoint>& landmarks, double scale) {
  edit::FacePoints points;
  const std::array<std::pair<const char*, cv::Point2f*>, 5> wanted = {
      {{"right_eye", &points.right_eye},
       {"left_eye", &points.left_eye},
       {"nose", &points.nose},
       {"right_mouth", &points.right_mouth},
       {"left_mouth", &points.left_mouth}}};
  for (const auto& [name, point] : wanted) {
    const auto found = std::ranges::find(landmarks, name, &v1::Keypoint::name);
    if (found == landmarks.end()) return std::nullopt;
    *point = {static_cast<float>(static_cast<double>(found->x()) * scale),
              static_cast<float>(static_cast<double>(found->y()) * scale)};
  }
  return points;
}

}  // namespace

Result<std::shared_ptr<const ReadSubject>> SubjectReader::Read(const SubjectPicture& person,
                                                               const JobContext& job) {
  if (fitter_ == nullptr || parser_ == nullptr) {
    return MakeError(Code::kFailedPrecondition, "NO_BODY",
                     "this worker was started without a body file: it edits nothing");
  }
  const std::string key = "subject:" + job.model.name + ":" + ContentKey(person.picture) + ":" +
                          std::to_string(person.reading.estimator) + ":" +
                          person.reading.person.SerializeAsString();
  const std::string kept_under = pictures_.WithNetworks(key);
  std::shared_ptr<const Conditions> known = cache_.Find(kept_under);
  const bool lacks_face = known && person.wants_face && !known->face_was_sought;
  if (!known || lacks_face) {
    ATELIER_ASSIGN_OR_RETURN(known, ReadAnew(person, job));
    pictures_.Keep(key, kept_under, known);
  }
  for (Warning warning : known->warnings) {
    warning.field = person.field;
    job.warnings.push_back(std::move(warning));
  }
  return known->subject;
}

Result<std::shared_ptr<const Conditions>> SubjectReader::ReadAnew(const SubjectPicture& person,
                                                                  const JobContext& job) {
  ATELIER_ASSIGN_OR_RETURN(const std::string bytes,
                           pictures_.Bytes(person.picture, person.field, job));
  ATELIER_ASSIGN_OR_RETURN(const PictureHeader header, ReadPictureHeader(bytes, person.field));
  ATELIER_ASSIGN_OR_RETURN(Image decoded, pictures_.Decode(bytes, person.field, kMaxEditSide, job));
  Image picture = imaging::ShrinkToFit(std::move(decoded), kMaxEditSide);
  const Image small = imaging::ShrinkToFit(picture, kMaxConditionSide);
  PoseReading reading =
      MovedReading(person.reading, static_cast<double>(small.width) / header.width, 0, 0);
  if (FitsItself(reading.estimator)) reading.estimator = v1::ESTIMATOR_PHOTOGRAPH;
  auto pose = perception_.EstimatePose(small, reading, {.iuv = true}, job.model, job.stop);
  if (!pose) return AboutPicture(person.field, pose.error());
  if (!pose->body || pose->mask.empty()) return NotFitted(person.field);

  auto conditions = std::make_shared<Conditions>();
  conditions->warnings = pose->warnings;
  auto read = std::make_shared<ReadSubject>();
  read->mask_iou = pose->mask_iou;
  const double scale = static_cast<double>(picture.width) / small.width;
  std::optional<edit::FacePoints> face;
  if (person.wants_face) {
    ATELIER_ASSIGN_OR_RETURN(face, FaceOf(small, job, scale));
    conditions->face_was_sought = true;
  }
  const people::Body& body = fitter_->body();
  const Image mask = imaging::ResizeMask(pose->mask, picture.height, picture.width);
  read->subject = edit::ReadSubject(
      body, *parser_,
      edit::MakePerson(body, std::move(picture), mask,
                       people::InPicture(fitter_->Pose(*pose->body), scale, 0, 0)));
  read->subject.face = face;
  conditions->subject_bytes = BytesOf(read->subject);
  conditions->subject = std::move(read);
  return conditions;
}

Result<Image> SubjectReader::MaskOfPerson(const Image& picture, const std::string& field,
                                          const JobContext& job) {
  const Image small = imaging::ShrinkToFit(picture, kMaxConditionSide);
  const PoseReading reading{.estimator = v1::ESTIMATOR_PHOTOGRAPH};
  auto pose = perception_.EstimatePose(small, reading, {}, job.model, job.stop);
  if (!pose && pose.error().code == Code::kFailedPrecondition) return Image();
  if (!pose) return AboutPicture(field, pose.error());
  if (pose->mask.empty()) return Image();
  return imaging::ResizeMask(pose->mask, picture.height, picture.width);
}

Result<std::optional<edit::FacePoints>> SubjectReader::FaceOf(const Image& picture,
                                                              const JobContext& job, double scale) {
  // Without an IUV a detector looks for the face, which also gives its points.
  const Image none;
  const RegionSubject subject{.picture = picture, .iuv = none, .mask = none};
  ATELIER_ASSIGN_OR_RETURN(
      const auto regions, perception_.ExtractRegions(subject, {.face = true}, job.model, job.stop));
  return PointsOf(regions.face_landmarks, scale);
}

}  // namespace atelier::generation
