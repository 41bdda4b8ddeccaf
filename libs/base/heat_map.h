// Where a keypoint's heat map peaks.
#pragma once

#include "base/body.h"

namespace atelier {

/// The mean place of the cells within two of the surest, weighted by their heat (below 0 counts as
/// 0); confidence is the surest's heat. `heat`: [height, width]. In cells, the first cell's middle
/// at 0.5; confidence 0 for a map without any heat. REQUIRES: height and width of 1 or more.
Keypoint PeakOf(const float* heat, int height, int width);

}  // namespace atelier
