// Smoothing that stops at the edges of another picture: the recursive filter of "Domain Transform
// for Edge-Aware Image and Video Processing" (Gastal and Oliveira, 2011).
#pragma once

#include <opencv2/core.hpp>

namespace atelier::detail {

struct SpreadReach {
  /// Pixels, where the guide is even.
  double pixels = 40;
  /// Sum over the guide's channels of a difference that counts as much as `pixels` do.
  double levels = 60;
};

/// `values` (float, any channels) smoothed along and across. `guide`: float, any channels, of the
/// same size.
cv::Mat SmoothAlong(const cv::Mat& guide, const cv::Mat& values, const SpreadReach& reach);

}  // namespace atelier::detail
