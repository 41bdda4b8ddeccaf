#include "people/pose/camera.h"

namespace atelier::people {
namespace {

constexpr float kDistanceOverHeight = 5;
constexpr float kHairRoom = .055f;    // metres above the scalp
constexpr float kSoleRoom = .02f;     // below the feet
constexpr float kClothesRoom = .03f;  // beside the body

struct Extent {
  float low = 1e9f;
  float high = -1e9f;
  void Add(float v) {
    low = std::min(low, v);
    high = std::max(high, v);
  }
  float size() const { return high - low; }
  float middle() const { return (high + low) / 2; }
};

float CropLine(const Body& body, Crop crop, const std::vector<Vec3>& joints, float lowest) {
  const Bones& bones = body.bones();
  const auto y = [&](int bone) { return joints[static_cast<size_t>(bone)].y; };
  if (crop == Crop::kKnee) return std::min(y(bones.calf[0]), y(bones.calf[1])) - .04f;
  if (crop == Crop::kUpper) return (y(bones.thigh[0]) + y(bones.thigh[1])) / 2 - .14f;
  return lowest - kSoleRoom;
}

}  // namespace

Mat3 Camera::RotationOf(const View& view) {
  return Rotation({1, 0, 0}, view.pitch) * Rotation({0, 1, 0}, view.yaw);
}

Camera::Camera(const Body& body, const View& view, const std::vector<Vec3>& points,
               const std::vector<Vec3>& joints, int height, int width) {
  Extent all;
  for (const int v : body.skin_vertices()) all.Add(points[static_cast<size_t>(v)].y);
  const float bottom = CropLine(body, view.crop, joints, all.low);
  const float top = all.high + kHairRoom;
  // A crop line is a cut: no room is left below it.
  const bool cut = view.crop == Crop::kKnee || view.crop == Crop::kUpper;
  const float aspect = static_cast<float>(height) / static_cast<float>(width);
  const float tall = top - bottom;
  framed_height_ = tall * (cut ? (1 + view.margin) / 2 : view.margin);
  float shown = bottom;
  Extent x;
  // Spread arms need a wider frame, which shows more of the body below a crop line, which may be
  // wider again. Nearer parts look larger, so widths are measured from the camera's distance.
  for (int round = 0; round < 3; ++round) {
    x = {};
    const float distance = kDistanceOverHeight * framed_height_;
    for (const int v : body.skin_vertices()) {
      const Vec3& p = points[static_cast<size_t>(v)];
      if (p.y >= shown) x.Add(p.x * distance / (distance - p.z));
    }
    const float needed = (x.size() + 2 * kClothesRoom) * aspect * view.margin;
    if (needed <= framed_height_) break;
    framed_height_ = needed;
    shown = std::min(shown, top - framed_height_);
  }
  const float wide = x.size() + 2 * kClothesRoom;
  distance_ = kDistanceOverHeight * framed_height_;
  pixels_per_metre_ = static_cast<float>(height) / framed_height_;
  half_width_ = static_cast<float>(width) / 2;
  half_height_ = static_cast<float>(height) / 2;
  const float free_x = std::max(0.0f, framed_height_ / aspect - wide) / 2;
  const float free_y = std::max(0.0f, framed_height_ - tall) / 2;
  // More shift than the usual margin gives would push a narrow person into a corner.
  centre_x_ = x.middle() + view.shift_x * std::min(free_x, .06f * framed_height_);
  const float headroom = .02f * framed_height_;
  centre_y_ = cut ? std::min(top + headroom, bottom + framed_height_) - framed_height_ / 2
                  : (top + bottom) / 2 + view.shift_y * std::min(free_y, .03f * framed_height_);
}

PosedBody Camera::Before(std::vector<Vec3> points) const {
  for (Vec3& p : points) {
    p.x -= centre_x_;
    p.y -= centre_y_;
  }
  return {std::move(points), {half_width_, half_height_, pixels_per_metre_, distance_}};
}

}  // namespace atelier::people
