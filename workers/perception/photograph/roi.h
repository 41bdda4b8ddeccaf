// Rotated squares of a picture, which the networks for photographs read, and the way from a
// square's pixels back to the picture's.
//
// Mirrors mediapipe's ImageToTensor, its half-pixel offsets included: a square's corners fall on
// the corners of the network's picture, bilinear, no smoothing.
#pragma once

#include <opencv2/core.hpp>

#include "base/image.h"

namespace atelier::photograph {

/// A rectangle in pixels of a picture, turned clockwise by `angle` radians around its middle.
struct Roi {
  cv::Point2f centre;
  float width = 0;
  float height = 0;
  float angle = 0;
};

/// The upright square around the middle of a picture that holds all of it.
Roi SquareAround(const Image& picture);

/// The upright rectangle of `shape`'s proportions around the middle of `box` that holds `scale`
/// times all of it. REQUIRES: nothing is empty.
Roi FitAround(const cv::Rect2f& box, cv::Size shape, float scale);

/// The square around `centre` whose sides lie `scale` times as far away as `rim`, turned so that
/// `rim` is straight above `centre`.
Roi UprightRoi(cv::Point2f centre, cv::Point2f rim, float scale);

/// A point given as fractions of the rectangle, (0, 0) its top left corner -> pixels.
cv::Point2f ToPicture(const Roi& roi, cv::Point2f fraction);

enum class Outside { kBlack, kRepeatedBorder };

/// What a network is shown.
struct CutOptions {
  cv::Size size;
  Outside outside = Outside::kBlack;
  /// What it sees for 0 and for 255 of red, green and blue.
  cv::Vec3f black = {0, 0, 0};
  cv::Vec3f white = {1, 1, 1};
  /// Channels in the order blue, green, red.
  bool bgr = false;
};

struct Cut {
  cv::Mat blob;  // [1, 3, height, width] float
  /// Pixels of the picture -> pixels of the cut.
  cv::Matx33d to_cut;
};

/// REQUIRES: `picture` is RGB and not empty; the rectangle's sides are positive. Throws
/// cv::Exception as OpenCV does.
Cut CutOut(const Image& picture, const Roi& roi, const CutOptions& options);

}  // namespace atelier::photograph
