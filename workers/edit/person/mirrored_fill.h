// Cloth continued beyond the edge of what is known, with its pattern.
#pragma once

#include <opencv2/core.hpp>

namespace atelier::edit {

/// `values` (float, any channels) where `known` (float, 0..1) is 1. Elsewhere what is as far on the
/// other side of the nearest known place, where that is known too; else PushPull().
cv::Mat MirroredFill(const cv::Mat& values, const cv::Mat& known);

/// `values` (float, any channels, near zero in the mean) where `known` (float, 0..1) is 1.
/// Elsewhere noise of the same spectrum, as in the largest square that is known throughout: fine
/// texture without the places of anything, so that nothing is seen twice. Zero where no square of
/// some pixels is known. The same for the same values.
cv::Mat TextureFill(const cv::Mat& values, const cv::Mat& known);

}  // namespace atelier::edit
