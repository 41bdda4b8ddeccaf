#include "people/fit/facing.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

#include "people/fit/landmark_points.h"

namespace atelier::people {
namespace {

Vec3 Upright(const Vec3& world) { return {world.x, -world.y, -world.z}; }

}  // namespace

double YawOf(const Vec3& forward) {
  return std::atan2(forward.x, forward.z) * (180 / std::numbers::pi);
}

double AngleBetween(double a, double b) {
  const double turn = std::fmod(std::abs(a - b), 360);
  return std::min(turn, 360 - turn);
}

Vec3 TorsoForward(const Vec3& left_shoulder, const Vec3& right_shoulder, const Vec3& left_hip,
                  const Vec3& right_hip) {
  const Vec3 across = left_shoulder - right_shoulder + left_hip - right_hip;
  return Cross(across, left_shoulder + right_shoulder - left_hip - right_hip);
}

double ObservedTorsoYaw(const PersonObservation& o) {
  const auto at = [&](int i) { return Upright(o.landmarks[static_cast<size_t>(i)].world); };
  return YawOf(TorsoForward(at(kBlazeLeftShoulder), at(kBlazeRightShoulder), at(kBlazeLeftHip),
                            at(kBlazeRightHip)));
}

double ObservedHeadYaw(const PersonObservation& o) {
  const auto at = [&](int i) { return Upright(o.landmarks[static_cast<size_t>(i)].world); };
  return YawOf(at(kBlazeNose) - (at(kBlazeLeftEar) + at(kBlazeRightEar)) * .5f);
}

PersonObservation TurnedAround(const PersonObservation& o) {
  PersonObservation out = o;
  const auto swap = [&](int a, int b) {
    std::swap(out.landmarks[static_cast<size_t>(a)], out.landmarks[static_cast<size_t>(b)]);
  };
  for (int eye = 1; eye <= 3; ++eye) swap(eye, eye + 3);
  for (int left = kBlazeLeftEar; left < kObservedLandmarkCount; left += 2) swap(left, left + 1);
  for (ObservedLandmark& landmark : out.landmarks) landmark.world.z *= -1;
  return out;
}

}  // namespace atelier::people
