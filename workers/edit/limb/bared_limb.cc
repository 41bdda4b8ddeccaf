#include "edit/limb/bared_limb.h"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>

#include "edit/limb/donor_limb.h"
#include "edit/limb/hands.h"
#include "edit/limb/limb_axis.h"
#include "edit/limb/limb_edges.h"
#include "edit/limb/limb_outline.h"
#include "edit/person/mat_math.h"
#include "people/body/body_view.h"

namespace atelier::edit {

std::vector<LimbRange> BaredRanges(const Regions& base, const Regions& donor, Label cloth,
                                   float bodies_unsure) {
  constexpr double kLeast = .15;
  const double least = bodies_unsure > 0 ? SameEndOf(cloth) : kLeast;
  std::vector<LimbRange> ranges;
  for (const LimbEnd& old : base.limb_ends) {
    if (old.cloth != cloth) continue;
    for (const LimbEnd& end : donor.limb_ends) {
      if (end.cloth != cloth || end.side != old.side || old.at - end.at < least) continue;
      ranges.push_back({cloth == Label::kUpper ? Limb::kArm : Limb::kLeg, old.side,
                        static_cast<float>(end.at), static_cast<float>(old.at)});
    }
  }
  return ranges;
}

namespace {

/// The first part of an arm or a leg is the shoulder's or the hip's, which the body's surface knows
/// better: from the first of these parameters on the limb is laid over it, from the second on it is
/// all there is.
constexpr float kOver = .1f, kAlone = .3f;
/// Of the parameter: from here on after a garment's end there is nothing of it.
constexpr float kClear = .12f;

/// Whether all of an arm is bared down to the hand. Legs end in shoes, which have a surface.
bool ReachesEnd(const LimbRange& range) {
  constexpr float kWrist = 1.8f;
  return range.limb == Limb::kArm && range.to > kWrist;
}

void MarkVertices(const people::Body& body, const LimbRange& range, std::vector<float>& vertices) {
  const std::vector<float> on_hands = OnHands(body);
  for (size_t v = 0; v < vertices.size(); ++v) {
    const people::Attributes& a = body.attributes()[v];
    const float along = AlongLimb(a, range.limb), weight = LimbWeight(a, range.limb);
    if (SideOf(a) != range.side) continue;
    if (along < std::max(range.from + kClear, kAlone)) continue;
    // A sleeve to the wrist hid the arm up to the hand.
    if (ReachesEnd(range) ? on_hands[v] > .5f : along > range.to) continue;
    vertices[v] = std::max(vertices[v], weight);
  }
}

/// Bytes, the box's size: where the limb may be: not where the body has something else before it,
/// further from where it shows the limb than a fit errs.
cv::Mat Visible(const people::Body& body, const Person& person, const LimbRange& range,
                const cv::Rect& box) {
  constexpr double kFitError = .015;
  cv::Mat shown(box.size(), CV_8U, cv::Scalar(0)), other(box.size(), CV_8U, cv::Scalar(0));
  for (int y = 0; y < box.height; ++y) {
    for (int x = 0; x < box.width; ++x) {
      const size_t at = static_cast<size_t>(y + box.y) * static_cast<size_t>(person.width()) +
                        static_cast<size_t>(x + box.x);
      const int triangle = person.visible.triangle[at];
      if (triangle < 0) continue;
      const people::Triangle& corners = people::SurfaceTriangle(body, triangle);
      const people::Attributes& a = body.attributes()[static_cast<size_t>(corners[0])];
      const bool is_limb = IsOn(a, range.limb, range.side);
      (is_limb ? shown : other).at<uint8_t>(y, x) = 255;
    }
  }
  const int reach = PixelsOf(kFitError, person.pixels_per_metre());
  cv::dilate(shown, shown,
             cv::getStructuringElement(cv::MORPH_ELLIPSE, {2 * reach + 1, 2 * reach + 1}));
  return shown | ~other;
}

void AddLimb(const people::Body& body, const Subject& base, const Subject& donor,
             const cv::Mat& clothes, const LimbRange& range, const cv::Rect& box, BaredLimbs& out) {
  constexpr float kBefore = .1f, kAfter = .1f;     // of the parameter
  constexpr float kOnHand = .05f, kAtHand = .01f;  // metres
  const auto axis = LimbAxis::Of(body, base.person, range.limb, range.side);
  if (!axis) return;
  const LimbOutline bare = OutlineOf(*axis, base.regions.mask(Label::kSkin));
  const auto seen = DonorLimbOf(body, base.person, donor, range);
  const auto scale = static_cast<float>(base.person.pixels_per_metre());
  const auto hand = ReachesEnd(range) ? EdgesBeyond(*axis, base.regions.mask(Label::kSkin),
                                                    kOnHand * scale, kAtHand * scale)
                                      : std::nullopt;
  const LimbOutline edges = HiddenEdges(*axis, OutlineOf(*axis, clothes), bare, range, hand);
  const LimbOutline skin = seen ? Continued(seen->skin) : LimbOutline{};
  MarkVertices(body, range, out.vertices);
  const float from = std::max(0.0f, range.from - kBefore),
              to = ReachesEnd(range) ? 2.0f : std::min(2.0f, range.to + kAfter);
  // A sleeve may end on the hand.
  const float beyond = ReachesEnd(range) ? kOnHand * scale : 0;
  const cv::Mat visible = Visible(body, base.person, range, box);
  const cv::Rect area = axis->Bounds() & box;
  for (int y = area.y; y < area.br().y; ++y) {
    for (int x = area.x; x < area.br().x; ++x) {
      const cv::Point2f pixel(static_cast<float>(x), static_cast<float>(y));
      const auto found_place = axis->PlaceOf(pixel, from, to, beyond);
      if (!found_place) continue;
      const LimbPlace place = *found_place;
      const float right = edges.right.At(place.along), left = edges.left.At(place.along);
      const float inside = std::min(place.across - right, left - place.across) + .5f;
      const float alpha = std::clamp(inside, 0.0f, 1.0f) * Ramp(place.along, kOver, kAlone);
      const cv::Point at = cv::Point(x, y) - box.tl();
      if (alpha <= out.alpha.at<float>(at) || visible.at<uint8_t>(at) == 0) continue;
      out.alpha.at<float>(at) = alpha;
      out.clear.at<float>(at) = place.along > range.from + kClear ? alpha : 0;
      const float share = (place.across - right) / std::max(1.0f, left - right);
      out.across.at<float>(at) = 2 * share - 1;
      if (!seen) continue;
      constexpr float kInside = .86f;  // beside the edge the wall is mixed in
      const float inner = .5f + kInside * (share - .5f);
      const float there = seen->is_flipped ? 1 - inner : inner;
      const float low = skin.right.At(place.along), high = skin.left.At(place.along);
      const cv::Point2f found = seen->axis.At({place.along, low + there * (high - low)});
      out.x.at<float>(at) = found.x;
      out.y.at<float>(at) = found.y;
    }
  }
}

}  // namespace

BaredLimbs BareLimbs(const people::Body& body, const Subject& base, const Subject& donor,
                     const cv::Mat& clothes, const std::vector<LimbRange>& ranges,
                     const cv::Rect& box) {
  constexpr float kFarOutside = -1e3f;
  const auto filled = [&](float value) { return cv::Mat(box.size(), CV_32F, cv::Scalar(value)); };
  BaredLimbs out;
  out.alpha = filled(0), out.clear = filled(0), out.across = filled(0);
  out.x = filled(kFarOutside), out.y = filled(kFarOutside);
  out.vertices.resize(body.attributes().size(), 0);
  for (const LimbRange& range : ranges) AddLimb(body, base, donor, clothes, range, box, out);
  cv::remap(donor.regions.mask(Label::kSkin), out.known, out.x, out.y, cv::INTER_LINEAR,
            cv::BORDER_CONSTANT, 0);
  out.known = Ramp(out.known, .6, .95);
  return out;
}

}  // namespace atelier::edit
