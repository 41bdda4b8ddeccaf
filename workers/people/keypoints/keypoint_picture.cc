#include "people/keypoints/keypoint_picture.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <utility>
#include <vector>

#include "people/keypoints/shapes.h"

namespace atelier::people {
namespace {

using Colour = std::array<uint8_t, 3>;

/// Hues once round the circle, one a keypoint; a limb takes the colour of its place in kLimbs. The
/// published table is read as BGR: red and blue are the other way round in its source.
constexpr std::array<Colour, kKeypointCount> kColours = {{{0, 0, 255},
                                                          {0, 85, 255},
                                                          {0, 170, 255},
                                                          {0, 255, 255},
                                                          {0, 255, 170},
                                                          {0, 255, 85},
                                                          {0, 255, 0},
                                                          {85, 255, 0},
                                                          {170, 255, 0},
                                                          {255, 255, 0},
                                                          {255, 170, 0},
                                                          {255, 85, 0},
                                                          {255, 0, 0},
                                                          {255, 0, 85},
                                                          {255, 0, 170},
                                                          {255, 0, 255},
                                                          {170, 0, 255},
                                                          {85, 0, 255}}};
constexpr int kPublishedStroke = 4;
/// What remains of a pixel under a limb.
constexpr float kBelow = 0.4F, kLimb = 0.6F;
/// Keypoints further away than this many sides are taken for none; it bounds the work.
constexpr float kFarthestSides = 4;

int StrokeOf(int height, int width) {
  const double share = static_cast<double>(std::max(height, width)) / kPublishedPoseSide;
  return std::max(1, static_cast<int>(std::lround(kPublishedStroke * share)));
}

Point PixelOf(const Keypoint& keypoint) {
  return {static_cast<int>(keypoint.x), static_cast<int>(keypoint.y)};
}

bool IsDrawn(const Keypoint& keypoint, int side) {
  const float farthest = kFarthestSides * static_cast<float>(side);
  return keypoint.confidence > 0 && std::abs(keypoint.x) < farthest &&
         std::abs(keypoint.y) < farthest;
}

/// The pixels of runs that are inside of the picture, each once.
class Pixels {
 public:
  Pixels(int height, int width) : seen_(height, width, 1) {}

  DrawRun Collect() {
    return [this](int y, int left, int right) {
      if (y < 0 || y >= seen_.height) return;
      left = std::max(left, 0);
      right = std::min(right, seen_.width - 1);
      for (int x = left; x <= right; ++x) {
        if (*seen_.at(y, x) != 0) continue;
        *seen_.at(y, x) = 1;
        pixels_.push_back({x, y});
      }
    };
  }
  /// The pixels since the last call.
  std::vector<Point> Take() {
    for (const Point& pixel : pixels_) *seen_.at(pixel.y, pixel.x) = 0;
    return std::move(pixels_);
  }

 private:
  Image seen_;
  std::vector<Point> pixels_;
};

std::vector<Point> LimbCorners(const Keypoint& from, const Keypoint& to, int stroke) {
  constexpr double kDegrees = 180 / 3.14159265358979323846;
  const double dx = double{from.x} - to.x, dy = double{from.y} - to.y;
  const Point middle{static_cast<int>((double{from.x} + to.x) / 2),
                     static_cast<int>((double{from.y} + to.y) / 2)};
  const int half_length = static_cast<int>(std::sqrt(dx * dx + dy * dy) / 2);
  return EllipseCorners(middle, half_length, stroke,
                        static_cast<int>(std::atan2(dy, dx) * kDegrees));
}

}  // namespace

Image DrawKeypoints(const Keypoints& keypoints, int height, int width) {
  Image drawing(height, width, 3);
  Pixels pixels(height, width);
  const int stroke = StrokeOf(height, width), side = std::max(height, width);
  for (size_t i = 0; i < keypoints.size(); ++i) {
    if (!IsDrawn(keypoints[i], side)) continue;
    FillDisc(PixelOf(keypoints[i]), stroke, pixels.Collect());
    for (const Point& pixel : pixels.Take())
      std::ranges::copy(kColours[i], drawing.at(pixel.y, pixel.x));
  }
  for (size_t i = 0; i < kLimbs.size(); ++i) {
    const Keypoint &from = keypoints[kLimbs[i][0]], &to = keypoints[kLimbs[i][1]];
    if (!IsDrawn(from, side) || !IsDrawn(to, side)) continue;
    FillConvexPolygon(LimbCorners(from, to, stroke), pixels.Collect());
    for (const Point& pixel : pixels.Take()) {
      uint8_t* values = drawing.at(pixel.y, pixel.x);
      for (size_t c = 0; c < 3; ++c) {
        values[c] =
            static_cast<uint8_t>(std::nearbyint(values[c] * kBelow + kColours[i][c] * kLimb));
      }
    }
  }
  return drawing;
}

Image DrawPosePicture(const Keypoints& keypoints, int height, int width) {
  const float scale =
      static_cast<float>(kPublishedPoseSide) / static_cast<float>(std::max(height, width));
  Keypoints scaled = keypoints;
  for (Keypoint& keypoint : scaled) {
    keypoint.x *= scale;
    keypoint.y *= scale;
  }
  const auto side = [scale](int pixels) {
    return std::max(1, static_cast<int>(std::lround(scale * static_cast<float>(pixels))));
  };
  return DrawKeypoints(scaled, side(height), side(width));
}

}  // namespace atelier::people
