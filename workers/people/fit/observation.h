// What a pose network saw of one person: what the body is fitted to.
#pragma once

#include <array>

#include "base/image.h"
#include "people/body/vec.h"

namespace atelier::people {

/// BlazePose's landmarks, in its order (kBodyLandmarkNames of the pose service). Left and right are
/// the person's.
inline constexpr int kObservedLandmarkCount = 33;

struct ObservedLandmark {
  /// Pixels of the picture; may lie outside.
  float x = 0;
  float y = 0;
  /// Probability of being seen, 0..1.
  float visibility = 0;
  /// Metres from the middle of the hips: x to the picture's right, y down, z away from the camera.
  Vec3 world;
};

struct PersonObservation {
  std::array<ObservedLandmark, kObservedLandmarkCount> landmarks;
  /// One channel of the picture's size, 255 = surely the person.
  Image mask;
};

}  // namespace atelier::people
