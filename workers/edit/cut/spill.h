// The old garment's colour in the pixels around it.
#pragma once

#include <opencv2/core.hpp>
#include <vector>

namespace atelier::edit {

/// A picture without an object that was in it, but for what of its colour is left around it.
struct SpillInput {
  /// Float RGB: before anything was changed, and what it is now. One size with all others.
  cv::Mat before, now;
  /// Float, 0..1: the object; and every other thing in the picture, the wall too.
  cv::Mat object;
  std::vector<cv::Mat> others;
  /// Float, 0..1: where nothing is to be changed.
  cv::Mat keep;
};

/// `now`, where pixels near the object that are still as before are mixed of its colour and of what
/// else they are, without the object's share: edges of masks are a pixel or two off, cloth shines
/// on what is beside it, and small pictures mix neighbours. Writes 0..1 to `share`: how much of the
/// object's colour was taken from each pixel.
cv::Mat WithoutSpill(const SpillInput& input, double pixels_per_metre, cv::Mat& share);

}  // namespace atelier::edit
