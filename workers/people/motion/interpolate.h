// Motion between given poses.
#pragma once

#include <span>
#include <vector>

#include "base/result.h"
#include "people/fit/body_fitter.h"

namespace atelier::people {

/// Pixels of the pictures that a motion is shown in.
struct MotionFrameSize {
  int height = 0;
  int width = 0;
};

/// `a` at t = 0, `b` at t = 1: joint angles, the body's own turn and the camera. Shape, lengths and
/// girths are `a`'s.
FittedBody Interpolate(const FittedBody& a, const FittedBody& b, double t);

/// `count` bodies through `poses`, the first and the last included, evenly many from one to the
/// next; each movement begins and ends gently. They have the first one's shape and stand before one
/// camera: that of the pose which shows most. From pose to pose the lowest point of the body moves
/// evenly, so that feet stay on the floor. A body is not cut off by the picture where the poses are
/// not: then all of them are shown smaller. INVALID_ARGUMENT (INVALID_FIELD) for fewer than two
/// poses, or `count` below their number. REQUIRES: poses in pixels of a picture of `size`.
Result<std::vector<FittedBody>> InterpolatePoses(const BodyFitter& fitter,
                                                 std::span<const FittedBody> poses, int count,
                                                 MotionFrameSize size);

/// `person`'s shape, lengths and girths in every pose of `motion`, all made larger or smaller by
/// one factor: that by which the torsos are as long in the middle one of the frames. The middle of
/// the torso stays where it is.
std::vector<FittedBody> InMotionOf(const BodyFitter& fitter, const FittedBody& person,
                                   std::span<const FittedBody> motion);

}  // namespace atelier::people
