// The inside of a garment's back, seen through the opening for the neck.
#pragma once

#include <opencv2/core.hpp>

#include "edit/flat/garment_shape.h"

namespace atelier::edit {

/// `mask` (float, 0..1) without what the picture (RGB, float) shows through the neck opening: what
/// lies above the front's neckline, the likeliest edge from neck point to neck point. As it is
/// where there is no such edge.
cv::Mat WithoutNeckOpening(const cv::Mat& picture, const cv::Mat& mask, const TopShape& shape);

}  // namespace atelier::edit
