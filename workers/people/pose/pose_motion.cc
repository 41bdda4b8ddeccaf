#include "people/pose/pose_motion.h"

#include "base/random.h"
#include "people/body/body.h"

namespace atelier::people {
namespace {

constexpr uint64_t kMotionStream = 0x6d6f7469;
/// Metres that a walk crosses to either side of the middle.
constexpr float kCrossing = .35f;

/// Of a cycle of `period` seconds, radians.
float PhaseAt(double seconds, float period) {
  return 2 * kPi * Fraction(static_cast<float>(seconds) / period);
}

Limb Hanging(float sign, float forward, float bend) {
  return {Unit({sign * .18f, -1, forward}), Unit({sign * .1f, -1, forward + bend})};
}

}  // namespace

PoseMotion::PoseMotion(uint64_t seed, MotionKind kind) : kind_(kind) {
  Random random = Random(seed).Fork(kMotionStream);
  still_ = SamplePose(random.Bits(), PoseKind::kStand);
  stride_ = Draw(random, 1, 1.3);
  swing_ = Draw(random, .7, 1.1);
  bend_ = Draw(random, 15, 40);
  beat_ = Draw(random, .8, 1.2);
  reach_ = Draw(random, 25, 45);
}

Pose PoseMotion::At(double seconds) const {
  Pose pose = still_;
  pose.kind = PoseKind::kWalk;
  const bool walks = kind_ == MotionKind::kWalk || kind_ == MotionKind::kCross;
  for (int side = 0; side < 2; ++side) {
    const auto s = static_cast<size_t>(side);
    const float sign = SideSign(side);
    if (walks) {
      // As the walking poses that are sampled one by one (pose.cc).
      const float phase = PhaseAt(seconds, stride_) + (side == 0 ? 0 : kPi);
      const float lift = std::max(0.0f, Cos(phase));
      const float knee = 8 + 42 * lift * std::sqrt(lift);
      const float thigh = 24 * Sin(phase) + 6 * lift;
      const float t = Radians(thigh), k = Radians(thigh - knee);
      pose.legs[s] = {Unit({sign * .04f, -Cos(t), Sin(t)}), Unit({sign * .02f, -Cos(k), Sin(k)})};
      pose.toes_out[s] = sign * 5;
      const float upper = Radians(-24 * Sin(phase) * swing_);
      const float lower = upper + Radians(bend_);
      pose.arms[s] = {Unit({sign * .18f, -Cos(upper), Sin(upper)}),
                      Unit({sign * .07f, -Cos(lower), Sin(lower)})};
      continue;
    }
    const float phase = PhaseAt(seconds, beat_);
    pose.legs[s] = {Unit({sign * .1f, -1, .02f}), Unit({sign * .06f, -1, -.06f})};
    pose.arms[s] = Hanging(sign, .05f * Sin(phase + static_cast<float>(side)), .25f);
    if (kind_ == MotionKind::kWave && side == kRight) {
      const float out = Radians(reach_ * .6f * Sin(phase));
      pose.arms[s] = {Unit({sign, .1f, .2f}), Unit({sign * .1f - Sin(out), Cos(out), .25f})};
    }
    if (kind_ == MotionKind::kDance) {
      const float raised = Radians(70 + reach_ * Sin(phase + (side == 0 ? 0 : kPi)));
      const float bent = raised + Radians(35 + 20 * Sin(2 * phase));
      pose.arms[s] = {Unit({sign * Sin(raised), -Cos(raised), .25f}),
                      Unit({sign * Sin(bent), -Cos(bent), .35f})};
      const float knee = Radians(14 + 10 * Sin(phase + (side == 0 ? 0 : kPi)));
      pose.legs[s] = {Unit({sign * .14f, -Cos(knee), Sin(knee)}),
                      Unit({sign * .08f, -Cos(knee), -Sin(knee)})};
    }
  }
  if (kind_ == MotionKind::kDance) pose.spine.roll += 7 * Sin(PhaseAt(seconds, beat_));
  if (walks) pose.spine.yaw += 5 * Sin(PhaseAt(seconds, stride_));
  return pose;
}

float PoseMotion::TurnedAt(double seconds, double length) const {
  return kind_ == MotionKind::kTurn ? static_cast<float>(360 * seconds / length) : 0;
}

float PoseMotion::AcrossAt(double seconds, double length) const {
  if (kind_ != MotionKind::kCross) return 0;
  return kCrossing * static_cast<float>(2 * seconds / length - 1);
}

Pose PoseMotion::Widest() const {
  Pose pose = still_;
  const bool crosses = kind_ == MotionKind::kCross;
  const bool raises = kind_ == MotionKind::kDance || kind_ == MotionKind::kWave;
  for (size_t s = 0; s < 2; ++s) {
    const float sign = s == 0 ? 1.0f : -1.0f;
    pose.legs[s] = {Unit({sign * .1f, -1, 0}), Unit({sign * .1f, -1, -.04f})};
    pose.arms[s] = Hanging(sign, 0, .2f);
    if (crosses) pose.arms[s] = {Unit({sign * .8f, -.6f, .1f}), Unit({sign * .8f, -.6f, .3f})};
    if (raises) pose.arms[s] = {Unit({sign, .4f, .2f}), Unit({sign * .4f, 1, .3f})};
  }
  return pose;
}

}  // namespace atelier::people
