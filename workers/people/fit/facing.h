// Which way the person of an observation faces. Angles are degrees, as View::yaw.
#pragma once

#include "people/fit/observation.h"

namespace atelier::people {

/// Of a direction in the camera's frame: x to the right, y up, z towards the camera.
double YawOf(const Vec3& forward);

/// The smaller angle between two yaws.
double AngleBetween(double a, double b);

/// Forward of a torso, in the camera's frame.
Vec3 TorsoForward(const Vec3& left_shoulder, const Vec3& right_shoulder, const Vec3& left_hip,
                  const Vec3& right_hip);

/// What the world landmarks say.
double ObservedTorsoYaw(const PersonObservation& observation);
double ObservedHeadYaw(const PersonObservation& observation);

/// The same pixels, seen from the other side: left is right, near is far.
PersonObservation TurnedAround(const PersonObservation& observation);

}  // namespace atelier::people
