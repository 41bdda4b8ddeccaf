// Pose: where the limbs point. Directions are in the torso's frame: x to the person's left, y up,
// z forward; index 0 of every pair is the person's left.
#pragma once

#include <array>
#include <cstdint>

#include "people/body/vec.h"

namespace atelier::people {

enum class PoseKind { kAny, kStand, kHandOnHip, kWalk, kRaise, kPocket, kCrossed, kWave, kFree };
inline constexpr int kPoseKindCount = 9;

/// Unit vectors from joint to joint.
struct Limb {
  Vec3 upper{0, -1, 0};
  Vec3 lower{0, -1, 0};
};

/// Degrees.
struct Bend {
  float pitch = 0;
  float yaw = 0;
  float roll = 0;
};

struct Pose {
  PoseKind kind = PoseKind::kStand;
  std::array<Limb, 2> arms;
  std::array<Limb, 2> legs;
  std::array<float, 2> toes_out{};  // degrees about the vertical axis
  Bend spine;
  Bend neck;
  float finger_curl = 15;  // degrees
};

/// The same seed and kind give the same pose. kAny draws the kind too.
Pose SamplePose(uint64_t seed, PoseKind kind = PoseKind::kAny);

}  // namespace atelier::people
