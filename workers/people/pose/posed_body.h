// A body before a camera, whether it was fitted to a photograph or rendered.
#pragma once

#include <vector>

#include "people/body/raster.h"
#include "people/body/vec.h"

namespace atelier::people {

/// A perspective camera whose axis is at right angles to the picture.
struct PictureCamera {
  /// Where the camera's axis meets the picture, pixels.
  double x = 0, y = 0;
  /// At the distance of the origin.
  double pixels_per_metre = 1;
  /// Metres from the camera to the origin.
  double distance = 10;

  ScreenPoint Project(const Vec3& p) const {
    const double depth = distance - static_cast<double>(p.z);
    const double scale = pixels_per_metre * distance / depth;
    return {static_cast<float>(x + scale * static_cast<double>(p.x)),
            static_cast<float>(y - scale * static_cast<double>(p.y)), static_cast<float>(depth)};
  }
};

struct PosedBody {
  /// Every vertex of skin and eyes in metres: x to the picture's right, y up, z towards the camera;
  /// the others' places mean nothing.
  std::vector<Vec3> points;
  PictureCamera camera;
};

/// The same body in the picture scaled by `scale` and then moved by (`right`, `down`) pixels.
inline PosedBody InPicture(PosedBody body, double scale, double right, double down) {
  body.camera.x = body.camera.x * scale + right;
  body.camera.y = body.camera.y * scale + down;
  body.camera.pixels_per_metre *= scale;
  return body;
}

/// Where the body's points fall in the picture: pixels, and metres from the camera.
inline std::vector<ScreenPoint> Project(const PosedBody& body) {
  std::vector<ScreenPoint> screen;
  screen.reserve(body.points.size());
  for (const Vec3& point : body.points) screen.push_back(body.camera.Project(point));
  return screen;
}

}  // namespace atelier::people
