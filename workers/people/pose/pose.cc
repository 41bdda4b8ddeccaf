#include "people/pose/pose.h"

#include "base/random.h"

namespace atelier::people {
namespace {

constexpr uint64_t kPoseStream = 0x706f7365;

PoseKind DrawKind(Random& random) {
  static constexpr std::array<PoseKind, 8> kKinds = {
      PoseKind::kStand,  PoseKind::kHandOnHip, PoseKind::kWalk, PoseKind::kRaise,
      PoseKind::kPocket, PoseKind::kCrossed,   PoseKind::kWave, PoseKind::kFree};
  constexpr std::array<double, 8> kWeights = {.24, .14, .2, .1, .1, .07, .07, .08};
  return kKinds[static_cast<size_t>(Choose(random, kWeights))];
}

Limb RestingArm(Random& r, float sign) {
  const Vec3 upper{sign * Draw(r, .14, .32), -1, Draw(r, -.12, .1)};
  const Vec3 lower{sign * Draw(r, -.02, .2), -1, Draw(r, .05, .45)};
  return {Unit(upper), Unit(lower)};
}

Limb RaisedArm(Random& r, float sign) {
  const float first = Radians(r.Chance(.8) ? Draw(r, 20, 165) : Draw(r, 8, 30));
  const float second = first + Radians(Draw(r, 0, 50));
  const Vec3 upper{sign * Sin(first), -Cos(first), Draw(r, -.1, .4)};
  const Vec3 lower{sign * Sin(second), -Cos(second), Draw(r, 0, .4)};
  return {Unit(upper), Unit(lower)};
}

Limb FreeArm(Random& r, float sign) {
  const float elevation = Radians(Draw(r, 8, 120));
  const float turn = Radians(Draw(r, -40, 80));
  const Vec3 upper =
      Unit({sign * Sin(elevation) * Cos(turn), -Cos(elevation), Sin(elevation) * Sin(turn) + .1f});
  const Vec3 bend{sign * Draw(r, -.6, .3), Draw(r, -.3, .8), Draw(r, .1, .9)};
  return {upper, Unit(upper + bend)};
}

Limb ArmOf(Random& r, PoseKind kind, int side) {
  const float sign = side == 0 ? 1.0f : -1.0f;
  const Limb resting = RestingArm(r, sign);
  switch (kind) {
    case PoseKind::kHandOnHip: {
      if (side == 1 && !r.Chance(.45)) return resting;
      const Vec3 upper{sign * Draw(r, .8, 1.05), -1, Draw(r, -.3, 0)};
      const Vec3 lower{-sign * Draw(r, .7, .95), -Draw(r, .35, .65), Draw(r, .2, .5)};
      return {Unit(upper), Unit(lower)};
    }
    case PoseKind::kPocket: {
      const Vec3 upper{sign * Draw(r, .34, .48), -1, Draw(r, -.35, -.15)};
      const Vec3 lower{-sign * Draw(r, .0, .14), -1, Draw(r, .35, .6)};
      return {Unit(upper), Unit(lower)};
    }
    case PoseKind::kRaise:
      return RaisedArm(r, sign);
    case PoseKind::kWave: {
      if (side == 0) return resting;
      const Vec3 upper{sign, Draw(r, -.3, .3), Draw(r, 0, .3)};
      const Vec3 lower{sign * Draw(r, -.2, .3), 1, Draw(r, .1, .3)};
      return {Unit(upper), Unit(lower)};
    }
    case PoseKind::kCrossed: {
      // One forearm lies over the other, or they would run through each other.
      const Vec3 upper{sign * .28f, -1, Draw(r, .3, .42)};
      const Vec3 lower{-sign, side == 0 ? Draw(r, .14, .32) : Draw(r, -.05, .1), Draw(r, .4, .55)};
      return {Unit(upper), Unit(lower)};
    }
    case PoseKind::kFree:
      return FreeArm(r, sign);
    default:
      return resting;
  }
}

void StandingLeg(Random& r, PoseKind kind, int side, Pose& pose) {
  const float sign = side == 0 ? 1.0f : -1.0f;
  const auto s = static_cast<size_t>(side);
  const float out = Draw(r, .02, .14);
  const float forward = Gaussian(r, .06);
  Vec3 upper{sign * out, -1, forward};
  Vec3 lower{sign * out * .6f, -1, forward - std::fabs(Gaussian(r, .06)) - .04f};
  pose.toes_out[s] = sign * Draw(r, 3, 22);
  if (r.Chance(.3) && kind != PoseKind::kFree) {
    const float step = Draw(r, .1, .35);
    upper = {sign * (out + .05f), -1, step};
    lower = {sign * .02f, -1, -step * Draw(r, .6, 1.2)};
  }
  pose.legs[s] = {Unit(upper), Unit(lower)};
}

/// One side of a stride at `phase`; the arm swings against the leg.
void WalkingSide(Random& r, int side, float phase, Pose& pose) {
  const float sign = side == 0 ? 1.0f : -1.0f;
  const auto s = static_cast<size_t>(side);
  const float lift = std::max(0.0f, Cos(phase));
  const float knee = 8 + 42 * lift * std::sqrt(lift);
  const float thigh = 24 * Sin(phase) + (knee > 20 ? 6.0f : 0.0f);
  const float t = Radians(thigh);
  const float k = Radians(thigh - knee);
  pose.legs[s] = {Unit({sign * .04f, -Cos(t), Sin(t)}), Unit({sign * .02f, -Cos(k), Sin(k)})};
  pose.toes_out[s] = sign * Draw(r, 2, 8);
  const float swing = Radians(-thigh * Draw(r, .7, 1.1));
  const float elbow = Radians(-thigh + Draw(r, 15, 40));
  pose.arms[s] = {Unit({sign * .18f, -Cos(swing), Sin(swing)}),
                  Unit({sign * .07f, -Cos(elbow), Sin(elbow)})};
}

}  // namespace

Pose SamplePose(uint64_t seed, PoseKind kind) {
  Random random = Random(seed).Fork(kPoseStream);
  const PoseKind drawn = DrawKind(random);
  Pose pose;
  pose.kind = kind == PoseKind::kAny ? drawn : kind;
  pose.spine = {Gaussian(random, 3), Gaussian(random, 4), Gaussian(random, 3)};
  pose.neck = {Gaussian(random, 5), Gaussian(random, 12), Gaussian(random, 4)};
  for (int side = 0; side < 2; ++side) {
    pose.arms[static_cast<size_t>(side)] = ArmOf(random, pose.kind, side);
  }
  const float phase = Draw(random, 0, 2 * kPi);
  for (int side = 0; side < 2; ++side) {
    if (pose.kind == PoseKind::kWalk) {
      WalkingSide(random, side, side == 0 ? phase : phase + kPi, pose);
    } else {
      StandingLeg(random, pose.kind, side, pose);
    }
  }
  pose.finger_curl = Draw(random, 8, 40);
  return pose;
}

}  // namespace atelier::people
