#include "edit/flat/flat_body.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "edit/person/ellipse_arc.h"
#include "edit/person/mat_math.h"

namespace atelier::edit {
namespace {

using people::Attributes;
using people::Vec3;

/// Canonical heights: beside the neck, where a shirt's shoulder begins, and the waist.
constexpr float kNeckHeight = .6f, kWaistHeight = .17f;
/// Metres along the arm from the shoulder's joint to the seam of a sleeve.
constexpr float kSeam = .02f;
/// Radii of the mean body's arm at shoulder, elbow and wrist.
constexpr std::array<float, 3> kArmRadius = {.055f, .045f, .035f};
constexpr float kLegRadius = .07f;
/// Depth is flattened by this, so that front and back are told apart but the light is the same.
constexpr float kFlatness = .3f;
/// Metres from the camera.
constexpr double kDistance = 10;

/// A place of a vertex in the picture.
struct FlatPlace {
  cv::Point2f at;   // pixels
  float depth = 0;  // metres towards the camera
};

/// What of the girth lies left and right: as EllipseArc::Flat() for a usual torso.
const EllipseArc& TorsoArc() {
  static const EllipseArc arc(.16f, .1f);
  return arc;
}

/// Width and depth of the body without arms by height.
class BodySlices {
 public:
  explicit BodySlices(const people::Body& body) {
    const auto each = [&](const auto& call) {
      for (const int v : body.skin_vertices()) {
        const Attributes& a = body.attributes()[static_cast<size_t>(v)];
        if (a.arm_weight <= .5f) call(a.at);
      }
    };
    each([&](const Vec3& at) {
      const size_t here = IndexOf(at.y);
      // Neighbours too, so that few vertices do not make a slice narrow.
      for (size_t i = here > 0 ? here - 1 : 0; i <= std::min<size_t>(here + 1, kCount - 1); ++i) {
        slices_[i].half_width = std::max(slices_[i].half_width, std::fabs(at.x));
        slices_[i].front = std::max(slices_[i].front, at.z);
        slices_[i].back = std::min(slices_[i].back, at.z);
      }
    });
    for (int round = 0; round < kSmoothings; ++round) Smooth();
    // The outline is not always where the ellipse has its sides.
    each([&](const Vec3& at) {
      Slice& slice = slices_[IndexOf(at.y)];
      slice.reach = std::max(slice.reach, std::fabs(Unscaled(at)));
    });
    for (int round = 0; round < kSmoothings; ++round) Smooth();
  }

  float HalfWidth(float height) const { return At(height).half_width; }
  float MiddleDepth(float height) const { return At(height).middle(); }
  /// -1 and 1 at the body's outline, 0 in the middle of front and back; even along the skin.
  float Across(const Vec3& at) const {
    return std::clamp(Unscaled(at) / std::max(.3f, At(at.y).reach), -1.0f, 1.0f);
  }

 private:
  struct Slice {
    float half_width = 0, front = -1, back = 1, reach = 0;
    float middle() const { return (front + back) / 2; }
  };
  static constexpr float kLowest = -.9f, kStep = .02f;
  static constexpr size_t kCount = 100;
  /// Slices have few vertices each; steps between them would bend straight lines.
  static constexpr int kSmoothings = 3;

  void Smooth() {
    const std::array<Slice, kCount> before = slices_;
    for (size_t i = 1; i + 1 < kCount; ++i) {
      for (float Slice::*of : {&Slice::half_width, &Slice::front, &Slice::back, &Slice::reach}) {
        slices_[i].*of = (before[i - 1].*of + 2 * before[i].*of + before[i + 1].*of) / 4;
      }
    }
  }

  static float PlaceOf(float height) {
    return std::clamp((height - kLowest) / kStep, 0.0f, static_cast<float>(kCount - 1));
  }
  static size_t IndexOf(float height) { return static_cast<size_t>(PlaceOf(height) + .5f); }
  Slice At(float height) const {
    const float place = PlaceOf(height);
    const auto low = std::min(static_cast<size_t>(place), kCount - 2);
    const float share = place - static_cast<float>(low);
    const Slice &a = slices_[low], &b = slices_[low + 1];
    const auto mix = [&](float Slice::*of) { return a.*of + (b.*of - a.*of) * share; };
    return {mix(&Slice::half_width), mix(&Slice::front), mix(&Slice::back), mix(&Slice::reach)};
  }
  float Unscaled(const Vec3& at) const {
    const Slice slice = At(at.y);
    const float depth = std::max(.02f, (slice.front - slice.back) / 2);
    return TorsoArc().Flat(
        std::atan2(at.x / std::max(.02f, slice.half_width), (at.z - slice.middle()) / depth));
  }

  std::array<Slice, kCount> slices_;
};

/// The span of a row; beyond the garment, as wide as the body is there beside the last row of it.
RowSpan SpanAt(const std::vector<RowSpan>& rows, float row, float natural_half_width) {
  const int wanted = std::clamp(cvRound(row), 0, static_cast<int>(rows.size()) - 1);
  const auto valid = [&](int y) { return rows[static_cast<size_t>(y)].half_width > 0; };
  if (row >= 0 && row < static_cast<float>(rows.size()) && valid(wanted)) {
    return rows[static_cast<size_t>(wanted)];
  }
  for (int off = 1; off < static_cast<int>(rows.size()); ++off) {
    for (const int y : {wanted - off, wanted + off}) {
      if (y < 0 || y >= static_cast<int>(rows.size()) || !valid(y)) continue;
      return {rows[static_cast<size_t>(y)].middle, natural_half_width};
    }
  }
  return {0, natural_half_width};
}

/// Body and limbs under a picture of `pixels_per_metre`.
class FlatTorso {
 public:
  /// Height `height` lies in row `row`.
  FlatTorso(const people::Body& body, const std::vector<RowSpan>& rows, float pixels_per_metre,
            float height, float row)
      : slices_(body), rows_(rows), scale_(pixels_per_metre), height_(height), row_(row) {}

  float RowOf(float height) const { return row_ + (height_ - height) * scale_; }

  FlatPlace At(const Attributes& a) const {
    const float row = RowOf(a.at.y);
    const RowSpan span = SpanAt(rows_, row, slices_.HalfWidth(a.at.y) * scale_);
    const float across = slices_.Across(a.at);
    return {{span.middle + across * span.half_width, row},
            kFlatness * (a.at.z - slices_.MiddleDepth(a.at.y))};
  }

 private:
  BodySlices slices_;
  const std::vector<RowSpan>& rows_;
  float scale_, height_, row_;
};

/// An arm of the mean body, unrolled.
class ArmAxis {
 public:
  ArmAxis(const people::Body& body, size_t side)
      : joints_{body.joint(body.bones().upper_arm[side]), body.joint(body.bones().lower_arm[side]),
                body.joint(body.bones().hand[side])} {}

  struct Place {
    float along = 0;   // metres from the shoulder
    float across = 0;  // -1..1, laid flat; to the picture's right
    float depth = 0;   // metres before the arm's middle
    float radius = 0;  // metres
  };
  Place At(const Attributes& a) const {
    const size_t i = a.arm < 1 ? 0 : 1;
    const Vec3 bone = joints_[i + 1] - joints_[i], along = people::Unit(bone);
    const Vec3 front = people::Unit(Vec3{0, 0, 1} - along * along.z);
    const Vec3 right = people::Cross(front, along);
    const Vec3 off = a.at - joints_[i];
    const float angle = std::atan2(people::Dot(off, right), people::Dot(off, front));
    // Arms that hang show their outer side as well as their front: both are the sleeve's front.
    constexpr float kShown = 1.5f;
    const float quarters = std::fabs(angle) / (people::kPi / 2);
    const float flat = quarters <= kShown ? quarters / kShown : (2 - quarters) / (2 - kShown);
    const float share = std::clamp(a.arm, 0.0f, 2.0f) - static_cast<float>(i);
    return {(i == 0 ? 0 : UpperLength()) + people::Dot(off, along), std::copysign(flat, angle),
            people::Dot(off, front), kArmRadius[i] * (1 - share) + kArmRadius[i + 1] * share};
  }
  float UpperLength() const { return people::Length(joints_[1] - joints_[0]); }

 private:
  std::array<Vec3, 3> joints_;
};

/// A sleeve as a path for an arm; without one, the arm hangs beside the shoulder.
class SleevePath {
 public:
  SleevePath(const TopShape& shape, size_t side) : tube_(shape.sleeves[side]) {
    const float outward = side == people::kLeft ? 1.0f : -1.0f;
    if (tube_.empty()) {
      const cv::Point2f out(outward * .05f * shape.pixels_per_metre, 0);
      start_ = (shape.shoulder[side] + shape.armpit[side]) / 2 + out;
      direction_ = {outward * .35f, .94f};
    }
  }

  struct Place {
    cv::Point2f middle, right;  // `right`: unit, across the tube
    float half_width = 0;       // 0: beyond the sleeve
  };
  /// `pixels` along the sleeve from its seam.
  Place At(float pixels) const {
    if (tube_.empty()) return {start_ + direction_ * pixels, RightOf(direction_), 0};
    constexpr float kReachOn = 8;
    const float place = pixels / tube_.step - .5f;
    const auto last = static_cast<int>(tube_.stations.size()) - 1;
    const int low = std::clamp(static_cast<int>(std::floor(place)), 0, std::max(0, last - 1));
    const int high = std::min(low + 1, last);
    const float share = place - static_cast<float>(low);
    const cv::Point2f direction = DirectionAt(std::clamp(cvRound(place), 0, last));
    const ClothTube::Station &a = Station(low), &b = Station(high);
    Place out{a.middle + (b.middle - a.middle) * share, RightOf(direction), 0};
    if (place < 0) out.middle = Station(0).middle + direction * (place * tube_.step);
    if (place > static_cast<float>(last)) {
      out.middle =
          Station(last).middle + direction * ((place - static_cast<float>(last)) * tube_.step);
    }
    // Its end is cut straight: one side of it reaches on.
    if (pixels <= tube_.length() + kReachOn * tube_.step) {
      out.half_width = a.half_width + (b.half_width - a.half_width) * std::clamp(share, 0.0f, 1.0f);
    }
    return out;
  }

 private:
  static cv::Point2f RightOf(cv::Point2f down) { return {down.y, -down.x}; }
  const ClothTube::Station& Station(int i) const { return tube_.stations[static_cast<size_t>(i)]; }
  cv::Point2f DirectionAt(int i) const {
    constexpr int kReach = 3;
    const auto last = static_cast<int>(tube_.stations.size()) - 1;
    const cv::Point2f line =
        Station(std::min(last, i + kReach)).middle - Station(std::max(0, i - kReach)).middle;
    const auto length = static_cast<float>(cv::norm(line));
    return length > 0 ? line / length : cv::Point2f(0, 1);
  }

  const ClothTube& tube_;
  cv::Point2f start_, direction_;
};

FlatPlace ArmPlace(const ArmAxis::Place& arm, const SleevePath& sleeve, float pixels_per_metre) {
  const SleevePath::Place at = sleeve.At((arm.along - kSeam) * pixels_per_metre);
  const float half = at.half_width > 0 ? at.half_width : arm.radius * pixels_per_metre;
  return {at.middle + at.right * (arm.across * half), kFlatness * arm.depth};
}

/// Vertices in the picture as a body before a camera.
people::PosedBody Before(const std::vector<FlatPlace>& places, float pixels_per_metre) {
  people::PosedBody posed;
  posed.camera = {0, 0, static_cast<double>(pixels_per_metre), kDistance};
  posed.points.reserve(places.size());
  for (const FlatPlace& place : places) {
    const float metre = static_cast<float>(kDistance) * pixels_per_metre /
                        (static_cast<float>(kDistance) - place.depth);
    posed.points.push_back({place.at.x / metre, -place.at.y / metre, place.depth});
  }
  return posed;
}

FlatPlace Between(const FlatPlace& one, const FlatPlace& other, float share) {
  return {one.at + (other.at - one.at) * share, one.depth + (other.depth - one.depth) * share};
}

size_t SideOf(const Attributes& a) { return a.at.x >= 0 ? people::kLeft : people::kRight; }

/// The height at which the legs part.
float CrotchHeight(const people::Body& body) {
  float lowest = kWaistHeight;
  for (const int v : body.skin_vertices()) {
    const Attributes& a = body.attributes()[static_cast<size_t>(v)];
    if (std::fabs(a.at.x) < .01f && a.at.y > -.2f) lowest = std::min(lowest, a.at.y);
  }
  return lowest;
}

}  // namespace

people::PosedBody LayUnderTop(const people::Body& body, const TopShape& shape) {
  const FlatTorso torso(body, shape.rows, shape.pixels_per_metre, kNeckHeight, shape.neck_row);
  const std::array<ArmAxis, 2> arms = {ArmAxis(body, 0), ArmAxis(body, 1)};
  const std::array<SleevePath, 2> sleeves = {SleevePath(shape, 0), SleevePath(shape, 1)};
  std::vector<FlatPlace> places;
  places.reserve(body.attributes().size());
  for (const Attributes& a : body.attributes()) {
    FlatPlace place = torso.At(a);
    if (a.arm_weight > 0) {
      const size_t side = SideOf(a);
      const FlatPlace on_arm = ArmPlace(arms[side].At(a), sleeves[side], shape.pixels_per_metre);
      place = Between(place, on_arm, a.arm_weight);
    }
    places.push_back(place);
  }
  return Before(places, shape.pixels_per_metre);
}

people::PosedBody LayUnderLower(const people::Body& body, const LowerShape& shape) {
  constexpr float kBlend = .03f;
  const float crotch = CrotchHeight(body);
  const FlatTorso torso =
      shape.has_legs
          ? FlatTorso(body, shape.rows, shape.pixels_per_metre, crotch, shape.crotch_row)
          : FlatTorso(body, shape.rows, shape.pixels_per_metre, kWaistHeight, shape.waist_row);
  const people::Bones& bones = body.bones();
  std::vector<FlatPlace> places;
  places.reserve(body.attributes().size());
  for (const Attributes& a : body.attributes()) {
    FlatPlace place = torso.At(a);
    if (shape.has_legs && a.leg_weight > 0) {
      const size_t side = SideOf(a);
      const float share = std::clamp(a.leg, 0.0f, 2.0f);
      const size_t i = share < 1 ? 0 : 1;
      const std::array<Vec3, 3> joints = {body.joint(bones.thigh[side]),
                                          body.joint(bones.calf[side]),
                                          body.joint(bones.foot[side])};
      const Vec3 middle = joints[i] + (joints[i + 1] - joints[i]) * (share - static_cast<float>(i));
      const Vec3 off = a.at - middle;
      const float quarters = std::atan2(off.x, off.z) / (people::kPi / 2);
      const float across =
          std::fabs(quarters) <= 1 ? quarters : std::copysign(2 - std::fabs(quarters), quarters);
      const float row = torso.RowOf(a.at.y);
      const RowSpan span = SpanAt(shape.legs[side], row, kLegRadius * shape.pixels_per_metre);
      const FlatPlace on_leg{{span.middle + across * span.half_width, row}, kFlatness * off.z};
      place = Between(place, on_leg, a.leg_weight * Ramp(a.at.y, crotch + kBlend, crotch - kBlend));
    }
    places.push_back(place);
  }
  return Before(places, shape.pixels_per_metre);
}

}  // namespace atelier::edit
