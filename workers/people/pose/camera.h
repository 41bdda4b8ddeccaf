// Camera: frames a posed person in a picture.
#pragma once

#include <vector>

#include "people/body/raster.h"
#include "people/pose/posed_body.h"
#include "people/pose/skeleton.h"
#include "people/pose/view.h"

namespace atelier::people {

/// A perspective camera that looks along -z from five times the framed height away.
class Camera {
 public:
  /// `points`, `joints`: in the camera's frame. Frames all of `skin` above the crop line, whichever
  /// of height and width is the tighter.
  Camera(const Body& body, const View& view, const std::vector<Vec3>& points,
         const std::vector<Vec3>& joints, int height, int width);

  /// Turns world points into the camera's frame.
  static Mat3 RotationOf(const View& view);

  ScreenPoint Project(const Vec3& p) const {
    const float depth = distance_ - p.z;
    const float scale = pixels_per_metre_ * distance_ / depth;
    return {half_width_ + (p.x - centre_x_) * scale, half_height_ - (p.y - centre_y_) * scale,
            depth};
  }
  /// The body's points before this camera.
  PosedBody Before(std::vector<Vec3> points) const;
  /// Height of the picture at the person's distance, metres.
  float framed_height() const { return framed_height_; }
  float distance() const { return distance_; }

 private:
  float framed_height_ = 1;
  float distance_ = 5;
  float pixels_per_metre_ = 1;
  float half_width_ = 0;
  float half_height_ = 0;
  float centre_x_ = 0;
  float centre_y_ = 0;
};

}  // namespace atelier::people
