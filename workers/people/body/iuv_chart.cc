#include "people/body/iuv_chart.h"

#include "base/body.h"

namespace atelier::people {
namespace {

constexpr float kHandLength = 0.19f;
constexpr float kHandWidth = 0.12f;

bool IsFront(float angle) { return std::fabs(angle) < kPi / 2; }

/// 0..1 across the front half (angle -90..90 degrees) or across the back half.
float Across(float angle) {
  if (IsFront(angle)) return 0.5f + angle / kPi;
  const float positive = angle < 0 ? angle + 2 * kPi : angle;
  return positive / kPi - 0.5f;
}

uint8_t Number(BodyPart part) { return static_cast<uint8_t>(part); }

}  // namespace

float IuvChart::Segment::AngleOf(const Vec3& p) const {
  const Vec3 r = p - start;
  return Atan2(Dot(r, sideways), Dot(r, forward));
}

IuvChart::Segment IuvChart::MakeSegment(const Vec3& start, const Vec3& end) {
  Segment s;
  s.start = start;
  s.axis = Unit(end - start);
  s.forward = Unit(Vec3{0, 0, 1} - s.axis * s.axis.z);
  s.sideways = Cross(s.axis, s.forward);
  return s;
}

IuvChart::IuvChart(const ArmJoints& arms, const LegJoints& legs) : arms_(arms), legs_(legs) {
  for (size_t side = 0; side < 2; ++side) {
    const auto& [shoulder, elbow, wrist, knuckle] = arms[side];
    segments_[side] = {MakeSegment(shoulder, elbow), MakeSegment(elbow, wrist)};
    hand_axis_[side] = Unit(knuckle - wrist);
    hand_across_[side] = Unit(Cross(hand_axis_[side], {0, 1, 0}));
  }
}

Iuv IuvChart::At(const Attributes& a) const {
  const int side = a.at.x >= 0 ? 0 : 1;
  Iuv out;
  if (a.arm_weight > 0.5f) {
    out = Arm(a, side);
  } else if (a.leg_weight > 0.5f) {
    out = Leg(a, side);
  } else if (a.head_weight + a.neck_weight > 0.5f) {
    out = Head(a);
  } else {
    out = Torso(a);
  }
  out.u = Clamp01(out.u);
  out.v = Clamp01(out.v);
  return out;
}

Iuv IuvChart::Torso(const Attributes& a) {
  const float angle = Atan2(a.at.x, a.at.z - 0.005f);
  const BodyPart part = IsFront(angle) ? BodyPart::kTorsoFront : BodyPart::kTorsoBack;
  return {Number(part), Across(angle), (a.at.y + 0.03f) / 0.62f};
}

Iuv IuvChart::Head(const Attributes& a) {
  const BodyPart part = a.at.x >= 0 ? BodyPart::kLeftHead : BodyPart::kRightHead;
  const float angle = Atan2(std::fabs(a.at.x), a.at.z - 0.035f);
  return {Number(part), std::fabs(angle) / kPi, (a.at.y - 0.56f) / 0.30f};
}

Iuv IuvChart::Arm(const Attributes& a, int side) const {
  static constexpr BodyPart kParts[2][5] = {
      {BodyPart::kLeftUpperArmFront, BodyPart::kLeftUpperArmBack, BodyPart::kLeftLowerArmFront,
       BodyPart::kLeftLowerArmBack, BodyPart::kLeftHand},
      {BodyPart::kRightUpperArmFront, BodyPart::kRightUpperArmBack, BodyPart::kRightLowerArmFront,
       BodyPart::kRightLowerArmBack, BodyPart::kRightHand}};
  const auto& parts = kParts[side];
  const auto s = static_cast<size_t>(side);
  if (a.arm >= 2) {
    const Vec3 from_wrist = a.at - arms_[s][2];
    return {Number(parts[4]), 0.5f + Dot(from_wrist, hand_across_[s]) / kHandWidth,
            Dot(from_wrist, hand_axis_[s]) / kHandLength};
  }
  const int lower = a.arm >= 1 ? 1 : 0;
  const float angle = segments_[s][static_cast<size_t>(lower)].AngleOf(a.at);
  const BodyPart part = parts[lower * 2 + (IsFront(angle) ? 0 : 1)];
  return {Number(part), Across(angle), a.arm - static_cast<float>(lower)};
}

Iuv IuvChart::Leg(const Attributes& a, int side) const {
  static constexpr BodyPart kParts[2][5] = {
      {BodyPart::kLeftUpperLegFront, BodyPart::kLeftUpperLegBack, BodyPart::kLeftLowerLegFront,
       BodyPart::kLeftLowerLegBack, BodyPart::kLeftFoot},
      {BodyPart::kRightUpperLegFront, BodyPart::kRightUpperLegBack, BodyPart::kRightLowerLegFront,
       BodyPart::kRightLowerLegBack, BodyPart::kRightFoot}};
  // Below this height, and past this leg parameter, it is foot; the ankle joint sits inside it.
  constexpr float kFootTop = -0.775f;
  constexpr float kAnkle = 2.05f;
  const auto& parts = kParts[side];
  const auto& [hip, knee, ankle] = legs_[static_cast<size_t>(side)];
  const bool upper = a.leg < 1;
  if (!upper && (a.at.y <= kFootTop || a.leg >= kAnkle)) {
    return {Number(parts[4]), 0.5f + (a.at.x - ankle.x) / 0.12f, (a.at.z + 0.07f) / 0.28f};
  }
  const float t = upper ? a.leg : a.leg - 1;
  const Vec3& from = upper ? hip : knee;
  const Vec3& to = upper ? knee : ankle;
  const float angle =
      Atan2(a.at.x - (from.x + (to.x - from.x) * t), a.at.z - (upper ? 0.015f : 0.01f));
  const BodyPart part = parts[(upper ? 0 : 2) + (IsFront(angle) ? 0 : 1)];
  return {Number(part), Across(angle), t};
}

}  // namespace atelier::people
