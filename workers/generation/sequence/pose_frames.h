// The poses of a sequence: what each frame is painted by, from a list of poses, a film or a motion
// between poses.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "atelier/v1/job.pb.h"
#include "generation/preparation/job_preparer.h"

namespace atelier::generation {

/// What one frame is painted by, as far as the model reads it. Pictures are kept as PNG: a film has
/// hundreds.
struct PoseFrame {
  std::string iuv_png = {};
  std::string keypoint_png = {};
  /// The source's body where the frame shows it, in pixels of the painting; of photographs alone.
  std::optional<people::FittedBody> body = std::nullopt;
};

/// Whose poses are painted, and how large.
struct PoseFramesOf {
  const v1::SequenceSpec& spec;
  /// FillPerson()'s.
  const Conditions* source = nullptr;
  int height = 0;
  int width = 0;
};

/// In order. What is doubtful in a frame is told once for all frames, with their numbers. Errors
/// name the spec's field: those of JobPreparer::FillTarget(); of films FILM_NOT_READ, NO_PERSON
/// (FAILED_PRECONDITION) and broken limits (INVALID_ARGUMENT); of motions NOT_FITTED
/// (FAILED_PRECONDITION).
Result<std::vector<PoseFrame>> ReadPoseFrames(JobPreparer& preparer, const PoseFramesOf& of,
                                              const JobContext& job);

}  // namespace atelier::generation
