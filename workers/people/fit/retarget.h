// One person's body in another's pose.
#pragma once

#include "people/fit/body_fitter.h"

namespace atelier::people {

/// `source`'s shape, limb lengths and girths in `target`'s pose, before `target`'s camera: the
/// torso is as long in the picture as the target's and its middle at the same place, so that a thin
/// person stays thin in a stout person's pose and fills the picture alike.
FittedBody InPoseOf(const BodyFitter& fitter, const FittedBody& source, const FittedBody& target);

/// A body's torso, from the middle of the hips to that of the shoulders.
struct TorsoPlace {
  double length = 0;  // metres
  double x = 0;       // its middle, pixels
  double y = 0;
};
TorsoPlace TorsoOf(const BodyFitter& fitter, const FittedBody& fitted);

/// The same body in a picture that was scaled by `scale` and then moved by (x, y) pixels: from a
/// photograph to the padded picture that is painted, for example.
FittedBody InPicture(const FittedBody& fitted, double scale, double x, double y);

}  // namespace atelier::people
