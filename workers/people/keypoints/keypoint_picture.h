// DrawKeypoints: the pose picture that pose-guided models are trained on (FPDM's A1 script,
// ProcessingKeypoints, which draws as OpenPose's example does).
#pragma once

#include "base/body.h"
#include "base/image.h"

namespace atelier::people {

/// Long side of the published pose pictures, whose strokes are 4 pixels.
inline constexpr int kPublishedPoseSide = 1101;

/// RGB on black, height x width pixels: a disc for each keypoint, and over them an ellipse for each
/// of kLimbs, which covers six tenths of what is below it. Strokes keep the published share of the
/// long side. A keypoint of confidence 0, and every limb that ends in it, is left out. What lies
/// outside of the picture is cut off.
///
/// At the published size (750 x 1101) equal to the published pictures, pixel for pixel.
Image DrawKeypoints(const Keypoints& keypoints, int height, int width);

/// What pose-guided models are given: the keypoints of a height x width picture drawn with the
/// published long side, kPublishedPoseSide, whatever the picture's. Painting and training draw with
/// this alone.
Image DrawPosePicture(const Keypoints& keypoints, int height, int width);

}  // namespace atelier::people
