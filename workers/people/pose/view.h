// View: camera and scene. The scene (background and light) is apart from the camera, so that two
// renderings of one person can share it.
#pragma once

#include <cstdint>
#include <limits>

#include "people/body/vec.h"

namespace atelier::people {

enum class Crop { kAny, kFull, kKnee, kUpper };

struct Scene {
  Vec3 background;  // colour of the wall, 0..1; the picture shades it a little darker downwards
  Vec3 light{0, .6f, .8f};  // unit vector towards the light, in the camera's frame
  float ambient = .5f;      // share of the light that comes from everywhere
};

struct View {
  /// Degrees about the vertical axis: 0 = the person faces the camera, 90 = the person faces the
  /// picture's right edge, 180 = seen from behind.
  float yaw = 0;
  float pitch = 3;  // degrees; positive looks down on the person
  Crop crop = Crop::kFull;
  float margin = 1.08f;  // framed size over the person's size; at least 1
  float shift_x = 0;     // -1..1: place within what the margin leaves free
  float shift_y = 0;
  Scene scene;

  /// This camera in `other`'s scene.
  View WithSceneOf(const View& other) const;
};

struct ViewOptions {
  /// Degrees, see View::yaw; NaN = drawn.
  double yaw = std::numeric_limits<double>::quiet_NaN();
  Crop crop = Crop::kAny;
};

/// The same seed and options give the same view.
View SampleView(uint64_t seed, const ViewOptions& options = {});

}  // namespace atelier::people
