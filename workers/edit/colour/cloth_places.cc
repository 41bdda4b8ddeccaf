#include "edit/colour/cloth_places.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <opencv2/imgproc.hpp>
#include <vector>

#include "edit/colour/skirt_places.h"
#include "edit/garment/skirt.h"
#include "edit/limb/bared_limb.h"
#include "edit/person/ellipse_arc.h"
#include "edit/person/mat_math.h"
#include "edit/person/nearest_place.h"
#include "edit/person/surface_view.h"
#include "edit/warp/segments.h"
#include "edit/warp/smooth_field.h"

namespace atelier::edit {
namespace {

using people::Vec3;

/// The torso's cross section as an ellipse, metres of the mean body.
constexpr float kHalfWidth = .165f, kHalfDepth = .105f, kMiddleDepth = .035f;
/// Radii of the mean body's limbs at hip, knee and ankle; at shoulder, elbow and wrist.
constexpr std::array<float, 3> kLegRadius = {.085f, .06f, .045f};
constexpr std::array<float, 3> kArmRadius = {.055f, .045f, .035f};
/// Along the leg: above the first the pelvis' sheet counts, below the second the leg's.
constexpr float kHip = .02f, kThigh = .3f;

/// A place `share` of the way along a limb of two segments: 0 its start, 2 its end.
template <typename T>
T Along(const std::array<T, 3>& joints, float share) {
  const float t = std::clamp(share, 0.0f, 2.0f);
  const size_t i = t < 1 ? 0 : 1;
  const float part = t - static_cast<float>(i);
  return joints[i] * (1 - part) + joints[i + 1] * part;
}

/// What of the body's attributes the sheets are made of.
struct Place {
  Vec3 at;  // canonical
  float arm = 0, leg = 0, arm_weight = 0, leg_weight = 0;
};

class ClothSheets {
 public:
  /// `turned`: the wearer shows their back. `skirt`: the legs have no sheets of their own.
  ClothSheets(const people::Body& body, bool turned, bool skirt)
      : facing_(turned ? -1.0f : 1.0f), skirt_(skirt) {
    const people::Bones& bones = body.bones();
    for (size_t s = 0; s < 2; ++s) {
      arms_[s] = {body.joint(bones.upper_arm[s]), body.joint(bones.lower_arm[s]),
                  body.joint(bones.hand[s])};
      legs_[s] = {body.joint(bones.thigh[s]), body.joint(bones.calf[s]), body.joint(bones.foot[s])};
    }
  }

  cv::Vec2f At(const Place& place) const {
    const size_t side = place.at.x >= 0 ? people::kLeft : people::kRight;
    if (place.arm_weight > .5f) return OnArm(place, side);
    const float leg =
        skirt_ ? 0 : Ramp(place.leg, kHip, kThigh) * std::min(1.0f, 2 * place.leg_weight);
    const float torso = OnTorso(place.at);
    const float across = leg > 0 ? torso + leg * (OnLeg(place, side) - torso) : torso;
    return {across, place.at.y};
  }

 private:
  float OnTorso(const Vec3& at) const {
    return arc_.At(
        std::atan2(facing_ * at.x / kHalfWidth, facing_ * (at.z - kMiddleDepth) / kHalfDepth));
  }
  float OnLeg(const Place& place, size_t side) const {
    const Vec3 middle = Along(legs_[side], place.leg);
    const Vec3 off = (place.at - middle) * facing_;
    return facing_ * middle.x + Along(kLegRadius, place.leg) * std::atan2(off.x, off.z);
  }
  cv::Vec2f OnArm(const Place& place, size_t side) const {
    const std::array<Vec3, 3>& joints = arms_[side];
    const size_t i = place.arm < 1 ? 0 : 1;
    const Vec3 bone = joints[i + 1] - joints[i], along = people::Unit(bone);
    const Vec3 front = people::Unit(Vec3{0, 0, 1} - along * along.z) * facing_;
    const Vec3 right = people::Cross(front, along);
    const Vec3 off = place.at - joints[i];
    const float before = i == 0 ? 0 : people::Length(joints[1] - joints[0]);
    const float angle = std::atan2(people::Dot(off, right), people::Dot(off, front));
    return {facing_ * joints[0].x + Along(kArmRadius, place.arm) * angle,
            joints[0].y - before - people::Dot(off, along)};
  }

  float facing_;
  bool skirt_;
  std::array<std::array<Vec3, 3>, 2> arms_, legs_;
  EllipseArc arc_{kHalfWidth, kHalfDepth};
};

/// How much larger the person's torso is than the mean body's.
float SizeOf(const people::Body& body, const Person& person) {
  double posed = 0, canonical = 0;
  for (const people::Triangle& t : body.skin()) {
    const auto a = static_cast<size_t>(t[0]), b = static_cast<size_t>(t[1]);
    const people::Attributes& from = body.attributes()[a];
    if (from.arm_weight > 0 || from.leg_weight > 0 || from.head_weight > 0) continue;
    posed += static_cast<double>(people::Length(person.body.points[b] - person.body.points[a]));
    canonical += static_cast<double>(people::Length(body.attributes()[b].at - from.at));
  }
  return canonical > 0 ? static_cast<float>(posed / canonical) : 1;
}

bool ShowsBack(const people::Body& body, const Person& person) {
  float facing = 0;
  for (const int v : body.skin_vertices()) {
    const auto vertex = static_cast<size_t>(v);
    const people::Attributes& a = body.attributes()[vertex];
    if (a.arm_weight > 0 || a.leg_weight > 0 || a.head_weight > 0) continue;
    facing += person.normals[vertex].z * (a.at.z - kMiddleDepth);
  }
  return facing < 0;
}

/// The attribute `of` of all vertices.
template <typename Of>
std::vector<float> Attribute(const people::Body& body, const Of& of) {
  std::vector<float> values;
  values.reserve(body.attributes().size());
  for (const people::Attributes& a : body.attributes()) values.push_back(of(a));
  return values;
}

/// Float matrices, 0..1: how far each place is of each sheet: the body's, the arms', the legs'.
using SheetShares = std::array<cv::Mat, 5>;

/// `legs`: whether each leg has a sheet of its own.
SheetShares SheetSharesOf(const people::Body& body, const SurfaceView& view, bool legs) {
  // A sleeve is sewn on: from one sheet to the other there is no way.
  constexpr double kSeam = .05;
  const SegmentShares segments = Continued(SegmentsOf(body, view), view.Covered());
  SheetShares shares;
  shares[0] = segments[0].clone();
  for (size_t side = 0; side < 2; ++side) {
    shares[1 + side] = Ramp(segments[1 + side] + segments[3 + side], .5 - kSeam, .5 + kSeam);
    shares[3 + side] = segments[kThighs + side] + segments[kThighs + 2 + side];
    if (!legs) {
      shares[0] += shares[3 + side];
      shares[3 + side].setTo(0);
    }
  }
  return shares;
}

/// Arms have sheets of cloth as far as their sleeves go. Without one, what is beside an arm is the
/// trunk's.
void EndSleeves(const Regions& regions, const cv::Mat& along_arm, const cv::Mat& covered,
                SheetShares& shares) {
  constexpr double kBelowSleeve = .2;
  const cv::Mat along = NearestOf(covered > .5).Of(along_arm);
  for (const LimbEnd& end : regions.limb_ends) {
    if (end.cloth != Label::kUpper) continue;
    cv::Mat& arm = shares[1 + static_cast<size_t>(end.side)];
    const double last = end.at > kLeastSleeve ? end.at + kBelowSleeve : -1;
    const cv::Mat bare = along > last;
    cv::Mat freed = arm.clone();
    freed.setTo(0, ~bare);
    shares[0] += freed;
    arm -= freed;
  }
}

/// Cloth does not follow the body into every fold, and goes on beside it: each sheet's places are
/// made smooth. `bodys`: the shares that the body has, of which `places` are; `shares`: those that
/// the cloth has. `square`: float, 0..1, how far a place is seen squarely.
cv::Mat SmoothSheets(const SheetShares& bodys, const SheetShares& shares, const cv::Mat& places,
                     const cv::Mat& square, double pixels_per_metre) {
  constexpr double kSpacing = .04, kStiffness = 2, kOwn = .5;
  cv::Mat sum(places.size(), CV_32FC2, cv::Scalar::all(0));
  cv::Mat weight(places.size(), CV_32F, cv::Scalar(0));
  for (size_t sheet = 0; sheet < shares.size(); ++sheet) {
    const cv::Mat &share = shares[sheet], &own = bodys[sheet];
    cv::Mat known = own.mul(square);
    known.setTo(0, own < kOwn);
    const cv::Mat field =
        SmoothField(places, known, PixelsOf(kSpacing, pixels_per_metre), kStiffness);
    if (field.empty()) continue;
    sum += Times(field, share);
    weight += share;
  }
  cv::Mat out = Over(sum, weight);
  places.copyTo(out, weight <= 0);
  return out;
}

}  // namespace

cv::Mat ClothPlaces(const people::Body& body, const Subject& subject, Label label,
                    const cv::Rect& box) {
  constexpr double kGrazing = .05, kSquare = .4;
  const Person& person = subject.person;
  const SurfaceView view(body, person.screen, {box, 1});
  std::vector<Vec3> canonical;
  canonical.reserve(body.attributes().size());
  for (const people::Attributes& a : body.attributes()) canonical.push_back(a.at);
  const auto picture = [&](const auto& of) { return view.Interpolate(Attribute(body, of)); };
  const cv::Mat at = view.Interpolate(canonical);
  const cv::Mat arm = picture([](const people::Attributes& a) { return a.arm; });
  const cv::Mat leg = picture([](const people::Attributes& a) { return a.leg; });
  const cv::Mat arm_weight = picture([](const people::Attributes& a) { return a.arm_weight; });
  const cv::Mat leg_weight = picture([](const people::Attributes& a) { return a.leg_weight; });
  const bool skirt = label == Label::kLower && WearsSkirt(body, subject);
  const ClothSheets sheets(body, ShowsBack(body, person), skirt);
  const float size = SizeOf(body, person);
  cv::Mat places(view.size(), CV_32FC2, cv::Scalar::all(0));
  for (int y = 0; y < places.rows; ++y) {
    for (int x = 0; x < places.cols; ++x) {
      if (view.TriangleAt(y, x) == nullptr) continue;
      const auto& p = at.at<cv::Vec3f>(y, x);
      places.at<cv::Vec2f>(y, x) = sheets.At({{p[0], p[1], p[2]},
                                              arm.at<float>(y, x),
                                              leg.at<float>(y, x),
                                              arm_weight.at<float>(y, x),
                                              leg_weight.at<float>(y, x)}) *
                                   size;
    }
  }
  cv::Mat towards;
  cv::extractChannel(view.Interpolate(person.normals), towards, 2);
  const cv::Mat square = Ramp(towards, kGrazing, kSquare).mul(view.Covered());
  const SheetShares bodys = SheetSharesOf(body, view, label == Label::kLower && !skirt);
  SheetShares shares;
  for (size_t sheet = 0; sheet < shares.size(); ++sheet) shares[sheet] = bodys[sheet].clone();
  if (label == Label::kUpper && cv::countNonZero(view.Covered()) > 0) {
    EndSleeves(subject.regions, arm, view.Covered(), shares);
  }
  places = SmoothSheets(bodys, shares, places, square, person.pixels_per_metre());
  if (skirt) LaySkirt(body, subject, box, places);
  return places;
}

}  // namespace atelier::edit
