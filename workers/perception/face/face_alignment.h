// Turns and scales a face so that its points lie where ArcFace wants them.
#pragma once

#include <array>
#include <optional>
#include <vector>

#include "base/image.h"
#include "perception/face/face_finder.h"

namespace atelier::perception {

/// Pixels of an aligned face's sides.
inline constexpr int kAlignedSize = 112;

/// x' = a x - b y + x0, y' = b x + a y + y0.
struct Similarity {
  double a = 1;
  double b = 0;
  double x0 = 0;
  double y0 = 0;
};

/// From the picture to the aligned face: the turn, scale and shift that bring `points` nearest, by
/// the sum of squares, to ArcFace's template (insightface's `arcface_dst`, the mouth alone being
/// the middle of its corners). Empty when all points fall together.
std::optional<Similarity> AlignmentOf(const std::vector<FacePoint>& points);

/// 112 x 112, bilinear, black outside of the picture. Empty without an alignment. Throws
/// cv::Exception as OpenCV does.
Image AlignFace(const Image& picture, const std::vector<FacePoint>& points);

}  // namespace atelier::perception
