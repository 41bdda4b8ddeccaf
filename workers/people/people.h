// Rendered people: one seed -> one person, another -> a pose, a view. Everything about the picture
// is known exactly. No LibTorch, no OpenCV; deterministic by seed on any machine.
//
// Thread rule: a Body is immutable after Load() and shared by any number of threads; Render() is
// const and keeps no state.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string_view>
#include <vector>

#include "base/body.h"
#include "base/image.h"
#include "base/result.h"

namespace atelier::people {

/// Body shape, skin, face, hair and garments. Opaque; made by SamplePerson().
struct Person;
/// Limb directions and small spine and head angles.
struct Pose;
/// Camera, light and background.
struct View;

enum class PoseKind { kAny, kStand, kHandOnHip, kWalk, kRaise, kPocket, kCrossed, kWave, kFree };
enum class Crop { kAny, kFull, kKnee, kUpper };

struct ViewOptions {
  /// Degrees about the vertical axis: 0 front, 90 person's left side towards... see View; NaN = drawn.
  double yaw = std::numeric_limits<double>::quiet_NaN();
  Crop crop = Crop::kAny;
};

struct RenderOptions {
  int height = 256;
  int width = 176;
  int supersample = 2;
};

/// What garment or body region a pixel shows.
enum class Region : uint8_t {
  kBackground = 0,
  kSkin = 1,
  kFace = 2,
  kHair = 3,
  kTop = 4,
  kBottom = 5,
  kShoes = 6,
  kJacket = 7,
};

struct Rendering {
  Image rgb;
  Image iuv;      // (I, U, V), of the body under the clothes, as DensePose regresses it
  Image mask;     // one channel, 255 = person
  Image regions;  // one channel, Region values
  Keypoints keypoints;
  Box face;
  bool face_visible = false;
};

}  // namespace atelier::people
