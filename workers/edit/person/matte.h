// The soft border of a region: how much of every pixel is the region's, and the colours that were
// mixed there.
#pragma once

#include <opencv2/core.hpp>

namespace atelier::edit {

/// Float matrices of the picture's size; colours are RGB 0..255.
struct Matte {
  /// 0..1: picture = alpha * inside + (1 - alpha) * outside, about.
  cv::Mat alpha;
  /// The region's own colour: the picture's where alpha is 1, continued beyond the border.
  cv::Mat inside;
  /// What is beside the region: the picture's where alpha is 0, continued under the border.
  cv::Mat outside;
};

/// `picture`: RGB, float. `mask`: float, 0..1, whose border is right within `band` pixels. There
/// the share is read from the picture's colours where those of both sides differ, and is the mask's
/// where they do not.
Matte MatteOf(const cv::Mat& picture, const cv::Mat& mask, int band);

/// The same where `outside` is known, such as the wall behind a person.
Matte MatteOf(const cv::Mat& picture, const cv::Mat& mask, int band, const cv::Mat& outside);

}  // namespace atelier::edit
