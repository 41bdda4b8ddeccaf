#include "edit/garment/seen_garment.h"

#include <opencv2/imgproc.hpp>

#include "edit/person/mat_math.h"
#include "people/body/body_view.h"
#include "people/carry/skin_places.h"

namespace atelier::edit {
namespace {

/// Metres: a body is fitted no better than that, so pixels this near to something else are not
/// taken.
constexpr double kMargin = .004;
/// Metres around the body's hand within which the picture's may be; and around its skin there.
constexpr double kHandMargin = .01, kHandReach = .04;

std::vector<float> OnHands(const people::Body& body) {
  const auto& hand = body.bones().hand;
  const std::vector<bool> on_hand = people::VerticesOn(body, {hand[0], hand[1]}, true);
  return {on_hand.begin(), on_hand.end()};
}

/// Float: 1 where the picture may show a hand before something else.
cv::Mat HandsOf(const people::Body& body, const Subject& subject) {
  const Person& person = subject.person;
  const std::vector<bool> on_hand =
      people::VerticesOn(body, {body.bones().hand[0], body.bones().hand[1]}, true);
  cv::Mat hands(person.height(), person.width(), CV_32F, cv::Scalar(0));
  for (size_t i = 0; i < person.visible.triangle.size(); ++i) {
    const int triangle = person.visible.triangle[i];
    if (triangle < 0) continue;
    const people::Triangle& t = people::SurfaceTriangle(body, triangle);
    if (on_hand[static_cast<size_t>(t[0])]) hands.ptr<float>()[i] = 1;
  }
  const double scale = person.pixels_per_metre();
  const cv::Mat skin = subject.regions.mask(Label::kSkin).mul(
      Dilated(hands, PixelsOf(kHandReach, scale)));
  return cv::max(Dilated(hands, PixelsOf(kHandMargin, scale)),
                 Dilated(Ramp(skin, .3, .6), PixelsOf(kMargin, scale)));
}

}  // namespace

SeenGarment LookForGarment(const SwapInput& input, const SurfaceView& view, BodySide side,
                           double samples_per_metre) {
  const Subject& donor = input.donor;
  SeenGarment out;
  out.places = PlacesIn(input.body, view, donor.person, side);
  out.normals = NormalsAt(input.body, view, donor.person, side);
  out.mask = out.places.Sample(MaskOf(donor.regions, input.labels));

  // Loose hair and hands hang before the garment; on the head and the hand they are the surface.
  std::vector<float> on_head(input.body.attributes().size());
  for (size_t v = 0; v < on_head.size(); ++v) on_head[v] = input.body.attributes()[v].head_weight;
  const cv::Mat hair = out.places.Sample(donor.regions.mask(Label::kHair))
                           .mul(1 - view.Interpolate(on_head));
  const cv::Mat hands = out.places.Sample(HandsOf(input.body, donor))
                            .mul(1 - view.Interpolate(OnHands(input.body)));
  cv::Mat clear = out.places.seen.mul(1 - Ramp(hair, .2, .6)).mul(1 - Ramp(hands, .2, .6));

  const bool same = side == BodySide::kSame;
  const int margin = PixelsOf(same ? kMargin : kMargin / 2, samples_per_metre);
  clear = Eroded(clear, margin).mul(Ramp(out.places.squareness, .15, same ? .45 : .4));
  out.known = Blurred(clear, margin);
  const cv::Mat sure = Ramp(out.mask, .55, .9);
  if (same) {
    out.trusted = out.known.mul(sure);
    out.trusted.setTo(0, clear <= 0);
  } else {
    out.trusted = clear.mul(sure);
  }
  return out;
}

}  // namespace atelier::edit
