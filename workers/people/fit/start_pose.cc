#include "people/fit/start_pose.h"

#include <Eigen/Geometry>
#include <algorithm>
#include <cmath>

namespace atelier::people {
namespace {

using Eigen::Matrix3d;
using Eigen::Vector3d;

/// Radians: an arm that is straighter has no plane of its own and bends forwards.
constexpr double kStraight = .15;
/// Radians that an upper arm turns about itself at most.
constexpr double kMostTwist = 1.2;
/// Of the picture's height in metres: the renderer's camera stands as far away.
constexpr double kDistanceOverHeight = 5;
/// Metres: in a picture of a head alone the hands must not come behind the camera.
constexpr double kLeastDistance = 3;

Matrix3d FromColumns(const Vector3d& a, const Vector3d& b, const Vector3d& c) {
  Matrix3d m;
  m << a, b, c;
  return m;
}

/// Axes of a limb: its direction, the hinge of the bend towards `next`, and their normal.
Matrix3d HingeFrame(const Vector3d& direction, const Vector3d& next) {
  const Vector3d d = direction.normalized();
  Vector3d hinge = d.cross(next);
  if (hinge.norm() < 1e-4) hinge = d.cross(Vector3d(1, .01, 0));
  hinge.normalize();
  return FromColumns(d, hinge, d.cross(hinge));
}

Vector3d RotationVector(const Matrix3d& rotation) {
  const Eigen::AngleAxisd turn(rotation);
  return turn.axis() * turn.angle();
}

double Bend(const Vector3d& first, const Vector3d& second) {
  return std::acos(std::clamp(first.normalized().dot(second.normalized()), -1.0, 1.0));
}

}  // namespace

BodyParameters StartPose(const ArticulatedBody& body, FitView& view) {
  BodyParameters p{};
  const auto world = [&](int landmark) { return view.world[static_cast<size_t>(landmark)]; };
  const auto set = [&](const ParameterBlock& block, const Vector3d& vector) {
    for (int i = 0; i < 3; ++i) p[static_cast<size_t>(block.first + i)] = vector[i];
  };
  const Vector3d shoulders = world(kBlazeLeftShoulder) - world(kBlazeRightShoulder);
  const Vector3d hips = world(kBlazeLeftHip) - world(kBlazeRightHip);
  const Vector3d up = (world(kBlazeLeftShoulder) + world(kBlazeRightShoulder) -
                       world(kBlazeLeftHip) - world(kBlazeRightHip)) /
                      2;
  const Vector3d x = (shoulders.normalized() + hips.normalized()).normalized();
  const Vector3d y = (up - x * x.dot(up)).normalized();
  view.base = FromColumns(x, y, x.cross(y));
  const Matrix3d to_body = view.base.transpose();
  for (int side = 0; side < 2; ++side) {
    const SideBlocks& blocks = kSideBlocks[static_cast<size_t>(side)];
    const ArticulatedBody::SideAxes& axes = body.axes(side);
    const Vector3d upper =
        to_body * (world(kBlazeLeftElbow + side) - world(kBlazeLeftShoulder + side));
    Vector3d lower = to_body * (world(kBlazeLeftWrist + side) - world(kBlazeLeftElbow + side));
    const double elbow = Bend(upper, lower);
    if (elbow < kStraight) lower = upper + Vector3d(0, .06, .2);
    const Vector3d arm = RotationVector(HingeFrame(upper, lower) *
                                        HingeFrame(axes.upper_arm, axes.forearm).transpose());
    set(blocks.upper_arm, arm);
    view.start_twist[static_cast<size_t>(side)] =
        std::clamp(arm.dot(axes.upper_arm), -kMostTwist, kMostTwist);
    p[static_cast<size_t>(blocks.elbow.first)] = elbow - axes.rest_elbow;
    const Vector3d thigh = to_body * (world(kBlazeLeftKnee + side) - world(kBlazeLeftHip + side));
    const Vector3d calf = to_body * (world(kBlazeLeftAnkle + side) - world(kBlazeLeftKnee + side));
    set(blocks.thigh,
        RotationVector(Eigen::Quaterniond::FromTwoVectors(axes.thigh, thigh).toRotationMatrix()));
    p[static_cast<size_t>(blocks.knee.first)] = Bend(thigh, calf) - axes.rest_knee;
  }
  // As large as its torso is in the picture, with its hips on those seen there.
  const Bones& bones = body.bones();
  const Vector3d middle_hip = (body.joint(bones.thigh[0]) + body.joint(bones.thigh[1])) / 2;
  const double torso = body.joint(bones.upper_arm[0]).y() - body.joint(bones.thigh[0]).y();
  const double scale = view.world_scale * up.norm() / torso;
  const Vector3d& pelvis = body.joint(body.pelvis());
  const Vector3d hip = pelvis + view.base * (middle_hip - pelvis);
  const Eigen::Vector2d seen = (view.landmarks[kBlazeLeftHip] + view.landmarks[kBlazeRightHip]) / 2;
  p[kCameraBlock.first] = std::log(scale);
  p[kCameraBlock.first + 1] = seen.x() - scale * hip.x();
  p[kCameraBlock.first + 2] = seen.y() + scale * hip.y();
  view.distance = std::max(kLeastDistance, kDistanceOverHeight * view.height / scale);
  return p;
}

}  // namespace atelier::people
