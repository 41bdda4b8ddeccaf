#include "perception/skeleton.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <opencv2/imgproc.hpp>

#include "imaging/view_of.h"

namespace atelier::perception {
namespace {

/// Hues once round the circle, one a joint; a limb takes the colour of its place in kLimbs.
constexpr std::array<std::array<int, 3>, kKeypointCount> kColours = {{{255, 0, 0},
                                                                      {255, 85, 0},
                                                                      {255, 170, 0},
                                                                      {255, 255, 0},
                                                                      {170, 255, 0},
                                                                      {85, 255, 0},
                                                                      {0, 255, 0},
                                                                      {0, 255, 85},
                                                                      {0, 255, 170},
                                                                      {0, 255, 255},
                                                                      {0, 170, 255},
                                                                      {0, 85, 255},
                                                                      {0, 0, 255},
                                                                      {85, 0, 255},
                                                                      {170, 0, 255},
                                                                      {255, 0, 255},
                                                                      {255, 0, 170},
                                                                      {255, 0, 85}}};
/// Limbs are darker than joints, so that joints stay visible.
constexpr double kLimbBrightness = 0.6;
/// Of the picture's long side: 4 pixels at 512, as OpenPose draws.
constexpr double kLineWidth = 4.0 / 512.0;

cv::Scalar Colour(size_t index, double brightness) {
  const auto& rgb = kColours[index % kColours.size()];
  return {rgb[0] * brightness, rgb[1] * brightness, rgb[2] * brightness};
}

cv::Point PixelOf(const Keypoint& keypoint) {
  return {static_cast<int>(std::floor(keypoint.x)), static_cast<int>(std::floor(keypoint.y))};
}

}  // namespace

Image DrawSkeleton(const Keypoints& keypoints, int height, int width) {
  Image drawing(height, width, 3);
  cv::Mat canvas = imaging::ViewOf(drawing);
  const int line = std::max(1, static_cast<int>(std::lround(std::max(height, width) * kLineWidth)));
  for (size_t i = 0; i < kLimbs.size(); ++i) {
    const Keypoint& from = keypoints[kLimbs[i][0]];
    const Keypoint& to = keypoints[kLimbs[i][1]];
    if (from.confidence <= 0 || to.confidence <= 0) continue;
    cv::line(canvas, PixelOf(from), PixelOf(to), Colour(i, kLimbBrightness), line, cv::LINE_AA);
  }
  for (size_t i = 0; i < keypoints.size(); ++i) {
    if (keypoints[i].confidence <= 0) continue;
    cv::circle(canvas, PixelOf(keypoints[i]), line, Colour(i, 1.0), cv::FILLED);
  }
  return drawing;
}

}  // namespace atelier::perception
