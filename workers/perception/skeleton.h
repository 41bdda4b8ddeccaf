// Draws OpenPose's 18 keypoints as a coloured skeleton, in the colours that pose-guided models are
// trained on.
#pragma once

#include "base/body.h"
#include "base/image.h"

namespace atelier::perception {

/// RGB on black. Limbs first, joints over them, widths in proportion to the picture; a keypoint of
/// confidence 0 and every limb that ends in it are left out.
Image DrawSkeleton(const Keypoints& keypoints, int height, int width);

}  // namespace atelier::perception
