// Keypoints out of the heat maps of a pose network.
#pragma once

#include <ATen/ATen.h>

#include "base/body.h"

namespace atelier::engine {

/// The peak of each map: the mean of the cells within two of the likeliest, weighted by their
/// probability; confidence is the likeliest's. `heat`: probabilities [18, h, w]. Positions in
/// cells, the first cell's middle at 0.5; a map without any probability gives confidence 0.
Keypoints ReadHeatPeaks(const at::Tensor& heat);

}  // namespace atelier::engine
