// Arms and legs: which vertices of the body are theirs, and where along them.
#pragma once

#include "people/body/body.h"

namespace atelier::edit {

enum class Limb { kArm, kLeg };

/// 0 shoulder or hip, 1 elbow or knee, 2 wrist or ankle.
inline float AlongLimb(const people::Attributes& a, Limb limb) {
  return limb == Limb::kArm ? a.arm : a.leg;
}
/// 0..1: how much of the vertex is the limb's.
inline float LimbWeight(const people::Attributes& a, Limb limb) {
  return limb == Limb::kArm ? a.arm_weight : a.leg_weight;
}
inline people::Side SideOf(const people::Attributes& a) {
  return a.at.x > 0 ? people::kLeft : people::kRight;
}
inline bool IsOn(const people::Attributes& a, Limb limb, int side) {
  return LimbWeight(a, limb) >= .5f && SideOf(a) == side;
}

}  // namespace atelier::edit
