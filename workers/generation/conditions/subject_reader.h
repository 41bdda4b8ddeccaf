// SubjectReader: people in the pictures of an edit, with the bodies that are fitted to them and
// their regions told apart. Thread-safe.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "edit/parse/parser.h"
#include "edit/person/subject.h"
#include "generation/conditions/condition_reader.h"

namespace atelier::generation {

/// Longer side that people are edited at, pixels; larger pictures get their changed pixels from it.
inline constexpr int kMaxEditSide = 1536;

struct SubjectPicture {
  const v1::Picture& picture;
  /// The spec's field, for errors and warnings.
  std::string field;
  /// ESTIMATOR_AUTO and none mean ESTIMATOR_PHOTOGRAPH, for a body must be fitted.
  PoseReading reading = {};
  /// Whether the face's points are wanted.
  bool wants_face = false;
};

struct ReadSubject {
  edit::Subject subject;
  /// How well the fitted body covers the person, 0..1.
  double mask_iou = 0;
};

class SubjectReader {
 public:
  /// References must outlive the reader. `fitter` and `parser` may be null: then every call is
  /// FAILED_PRECONDITION (NO_BODY).
  SubjectReader(ConditionReader& pictures, Perception& perception, ConditionsCache& cache,
                const people::BodyFitter* fitter, const edit::Parser* parser)
      : pictures_(pictures),
        perception_(perception),
        cache_(cache),
        fitter_(fitter),
        parser_(parser) {}

  /// The person; read once for every content. Errors as ConditionReader's, and FAILED_PRECONDITION
  /// (NOT_FITTED) where no body was fitted.
  Result<std::shared_ptr<const ReadSubject>> Read(const SubjectPicture& person,
                                                  const JobContext& job);

  /// One channel of the size of `picture` (RGB, of the spec's `field`): the person whom it shows;
  /// empty where none is found.
  Result<Image> MaskOfPerson(const Image& picture, const std::string& field, const JobContext& job);

  const people::Body* body() const { return fitter_ != nullptr ? &fitter_->body() : nullptr; }

 private:
  Result<std::shared_ptr<const Conditions>> ReadAnew(const SubjectPicture& person,
                                                     const JobContext& job);
  Result<std::optional<edit::FacePoints>> FaceOf(const Image& picture, const JobContext& job,
                                                 double scale);

  ConditionReader& pictures_;
  Perception& perception_;
  ConditionsCache& cache_;
  const people::BodyFitter* const fitter_;
  const edit::Parser* const parser_;
};

}  // namespace atelier::generation
