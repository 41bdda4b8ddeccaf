#include "people/fit/landmark_points.h"

namespace atelier::people {
namespace {

using Eigen::Vector3d;

// Metres by which BlazePose's landmark lies beside the joint, measured on rendered people.
constexpr double kShoulderUp = .036;
constexpr double kHipIn = .008, kHipDown = .044;
constexpr double kKneeDown = .017;
constexpr double kHeadUp = .008, kEarIn = .012;
constexpr double kAnkleUp = .028;

// Metres that a landmark is off by, about.
constexpr double kJointDeviation = .02;
constexpr double kHipDeviation = .06;  // hidden under clothes
constexpr double kEarDeviation = .03;
constexpr double kKnuckleDeviation = .05;
constexpr double kFootTipDeviation = .04;

/// Below this height of the mean shape there are feet alone.
constexpr float kSoleHeight = -.74f;

/// The skin vertex of one foot that is furthest back or furthest forward.
int FootTip(const Body& body, int side, bool heel) {
  int best = -1;
  for (const int v : body.skin_vertices()) {
    const Vec3 p = body.canonical(v);
    if (p.x * SideSign(side) <= 0 || p.y >= kSoleHeight) continue;
    if (best < 0 || (heel ? p.z < body.canonical(best).z : p.z > body.canonical(best).z)) best = v;
  }
  return best;
}

constexpr std::array<std::array<int, 2>, 19> kDepthPairs = {{
    {kBlazeLeftShoulder, kBlazeRightShoulder},
    {kBlazeLeftHip, kBlazeRightHip},
    {kBlazeLeftShoulder, kBlazeLeftHip},
    {kBlazeRightShoulder, kBlazeRightHip},
    {kBlazeLeftShoulder, kBlazeLeftElbow},
    {kBlazeLeftElbow, kBlazeLeftWrist},
    {kBlazeRightShoulder, kBlazeRightElbow},
    {kBlazeRightElbow, kBlazeRightWrist},
    {kBlazeLeftHip, kBlazeLeftKnee},
    {kBlazeLeftKnee, kBlazeLeftAnkle},
    {kBlazeRightHip, kBlazeRightKnee},
    {kBlazeRightKnee, kBlazeRightAnkle},
    {kBlazeLeftAnkle, kBlazeLeftToes},
    {kBlazeRightAnkle, kBlazeRightToes},
    {kBlazeLeftEar, kBlazeRightEar},
    {kBlazeNose, kBlazeLeftEar},
    {kBlazeNose, kBlazeRightEar},
    {kBlazeLeftWrist, kBlazeLeftIndex},
    {kBlazeRightWrist, kBlazeRightIndex},
}};

}  // namespace

LandmarkPoints MakeLandmarkPoints(const Body& body, const ArticulatedBody& articulated) {
  const Bones& bones = body.bones();
  LandmarkPoints out;
  std::array<int, kObservedLandmarkCount> index;
  index.fill(-1);
  const auto add = [&](int landmark, const SkinPoint& point, double deviation) {
    index[static_cast<size_t>(landmark)] = static_cast<int>(out.points.size());
    out.points.push_back({landmark, point, deviation});
  };
  const auto joint = [&](int landmark, int bone, int moved_with, const Vector3d& offset,
                         double deviation = kJointDeviation) {
    add(landmark, articulated.JointPoint(bone, moved_with, offset), deviation);
  };
  const Vector3d here = Vector3d::Zero();
  add(kBlazeNose, articulated.MiddlePoint({body.nose_vertex()}, bones.head, {0, kHeadUp, 0}),
      kJointDeviation);
  for (int side = 0; side < 2; ++side) {
    const auto s = static_cast<size_t>(side);
    const double outward = SideSign(side);
    add(side == kLeft ? kBlazeLeftEye : kBlazeRightEye,
        articulated.MiddlePoint(body.eye_vertices()[s], bones.head, {0, kHeadUp, 0}),
        kJointDeviation);
    add(side == kLeft ? kBlazeLeftEar : kBlazeRightEar,
        articulated.MiddlePoint(body.ear_vertices()[s], bones.head,
                                {-outward * kEarIn, kHeadUp, 0}),
        kEarDeviation);
    joint(kBlazeLeftShoulder + side, bones.upper_arm[s], bones.clavicle[s], {0, kShoulderUp, 0});
    joint(kBlazeLeftElbow + side, bones.lower_arm[s], bones.lower_arm[s], here);
    joint(kBlazeLeftWrist + side, bones.hand[s], bones.hand[s], here);
    const int index_knuckle = bones.fingers[s][0][0], pinky_knuckle = bones.fingers[s][3][0];
    joint(kBlazeLeftIndex + side, index_knuckle, index_knuckle, here, kKnuckleDeviation);
    joint(kBlazeLeftPinky + side, pinky_knuckle, pinky_knuckle, here, kKnuckleDeviation);
    joint(kBlazeLeftHip + side, bones.thigh[s], articulated.pelvis(),
          {-outward * kHipIn, -kHipDown, 0}, kHipDeviation);
    joint(kBlazeLeftKnee + side, bones.calf[s], bones.calf[s], {0, -kKneeDown, 0});
    joint(kBlazeLeftAnkle + side, bones.foot[s], bones.calf[s], {0, kAnkleUp, 0});
    add(kBlazeLeftHeel + side, articulated.VertexPoint(FootTip(body, side, true)),
        kFootTipDeviation);
    add(kBlazeLeftToes + side, articulated.VertexPoint(FootTip(body, side, false)),
        kFootTipDeviation);
  }
  for (const auto& [from, to] : kDepthPairs) {
    const bool across = from == kBlazeLeftShoulder && to == kBlazeRightShoulder;
    const bool across_hips = from == kBlazeLeftHip && to == kBlazeRightHip;
    out.pairs.push_back(
        {index[static_cast<size_t>(from)], index[static_cast<size_t>(to)], across || across_hips});
  }
  return out;
}

}  // namespace atelier::people
