// The nearest of some places of a picture, for every pixel.
#pragma once

#include <opencv2/core.hpp>

namespace atelier::edit {

struct NearestPlace {
  /// Int, two channels: column and row.
  cv::Mat place;
  /// Float, pixels.
  cv::Mat distance;

  /// `values` (float, one channel) at the nearest place of every pixel.
  cv::Mat Of(const cv::Mat& values) const;
};

/// `places`: bytes, not 0 at the places. REQUIRES: there is one.
NearestPlace NearestOf(const cv::Mat& places);

}  // namespace atelier::edit
