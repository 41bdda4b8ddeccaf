// JobPreparer: from the pictures of a spec, whatever its kind, to the conditions that its model's
// pipeline reads, and no others: a model without FACE_EMBEDDING costs no face network, one without
// TEXTURE_MAP no texture map. Pictures are read by ConditionReader. Thread-safe.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "atelier/v1/picture.pb.h"
#include "base/result.h"
#include "engine/painter.h"
#include "generation/conditions/condition_reader.h"
#include "generation/conditions/subject_reader.h"
#include "generation/preparation/carry_detail.h"
#include "generation/preparation/paint_job.h"
#include "generation/preparation/painter_set.h"

namespace atelier::generation {

/// The pictures that say whom to paint. The comments name the spec's fields, which errors and
/// warnings name too. Null: the spec has none.
struct PersonPictures {
  const v1::Picture& source;                // "source"
  const v1::Picture* source_iuv = nullptr;  // "source_iuv"
  const v1::Picture* texture = nullptr;     // "texture"
  const v1::Picture* face = nullptr;        // "face"
  /// Chart of source_iuv, as the spec names it; empty: it does not.
  std::string iuv_chart;
  /// Order of source_iuv's channels.
  v1::IuvChannels iuv_channels = v1::IUV_CHANNELS_UNSPECIFIED;
  /// "source_estimator" and "source_person".
  PoseReading reading = {};
  /// Whether the target takes the shape of the source's body, where one is fitted.
  bool gives_shape = false;
};

/// The picture that says which pose to paint: one of the two.
struct TargetPictures {
  const v1::Picture* pose_picture = nullptr;
  const v1::Picture* pose_iuv = nullptr;
  /// The spec's field of the one that is given.
  std::string pose_field = "pose_picture";
  std::string iuv_field = "pose_iuv";
  /// Chart of pose_iuv, as the spec names it; empty: it does not.
  std::string iuv_chart;
  /// Order of pose_iuv's channels.
  v1::IuvChannels iuv_channels = v1::IUV_CHANNELS_UNSPECIFIED;
  /// "pose_estimator" and "pose_person".
  PoseReading reading = {};
  /// Whether the source keeps the shape of their own body.
  bool keeps_shape = true;
};

/// Errors of every call name the offending field of the spec. INVALID_ARGUMENT; NOT_FOUND (asset);
/// FAILED_PRECONDITION: NO_PERSON, NO_FACE, NO_FACE_EMBEDDING, TEXTURE_SIZE, IUV_CHART;
/// UNAVAILABLE, DEADLINE_EXCEEDED. What makes the result doubtful is in the context's warnings.
class JobPreparer {
 public:
  /// References must outlive the preparer. `fitter`, `memory`: as ConditionReader's.
  JobPreparer(const PainterSet& painters, AssetSource& assets, Perception& perception,
              ConditionsCache& cache, const people::BodyFitter* fitter = nullptr,
              imaging::PictureMemory* memory = nullptr);

  const PainterSet& painters() const { return painters_; }
  const people::BodyFitter* fitter() const { return fitter_; }
  ConditionReader& reader() { return reader_; }
  /// A reader of people for edits, over the same services and cache. `parser`: null, or outlives
  /// it.
  SubjectReader MakeSubjectReader(const edit::Parser* parser) {
    return {reader_, perception_, cache_, fitter_, parser};
  }

  /// Source picture, texture map and face embedding, as far as the model reads them. A texture or
  /// face that the model does not read is INVALID_ARGUMENT. What the person brings is not looked
  /// for in the source: with a texture it need not show anybody, and then has neither face nor
  /// body. Returns what was read of the source; null for a model that reads nothing of it.
  Result<std::shared_ptr<const Conditions>> FillPerson(const PersonPictures& person,
                                                       const JobContext& job,
                                                       engine::PaintRequest& request);

  /// Further photographs of the source's person, without faces; `sources` are "sources[i]".
  /// FAILED_PRECONDITION (SOURCES_NOT_JOINED) when no body was fitted to one of them or to
  /// `source`.
  Result<Photographs> ReadPhotographs(
      const std::shared_ptr<const Conditions>& source,
      const google::protobuf::RepeatedPtrField<v1::Picture>& sources, const JobContext& job);

  /// IUV and keypoint picture of the pose, as far as the model reads them, for a result of `height`
  /// x `width` pixels. INVALID_ARGUMENT also for an IUV where the model reads keypoints. Of a
  /// photographed `source` (FillPerson's) and a pose picture that a body was fitted to, the IUV is
  /// that of the source's body in that pose; returns this body, in pixels of the result.
  Result<std::optional<people::FittedBody>> FillTarget(const TargetPictures& target,
                                                       const Conditions* source, int height,
                                                       int width, const JobContext& job,
                                                       engine::PaintRequest& request);

 private:
  Status FillFace(const PersonPictures& person, const Conditions& source, const JobContext& job,
                  engine::PaintRequest& request);
  /// FAILED_PRECONDITION (NO_FACE) when no person is found and there is no detector of faces.
  Result<std::shared_ptr<const Conditions>> ReadFace(const v1::Picture& picture,
                                                     const JobContext& job);
  Status FillTexture(const PersonPictures& person, const Conditions& source, const JobContext& job,
                     engine::PaintRequest& request);

  const PainterSet& painters_;
  Perception& perception_;
  ConditionsCache& cache_;
  const people::BodyFitter* const fitter_;
  ConditionReader reader_;
};

}  // namespace atelier::generation
