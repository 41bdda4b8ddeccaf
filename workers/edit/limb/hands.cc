#include "edit/limb/hands.h"

#include <algorithm>
#include <opencv2/imgproc.hpp>

#include "edit/person/mat_math.h"
#include "people/body/body_view.h"
#include "people/carry/skin_places.h"

namespace atelier::edit {

std::vector<float> OnHands(const people::Body& body) {
  const auto& hand = body.bones().hand;
  const std::vector<bool> on_hand = people::VerticesOn(body, {hand[0], hand[1]}, true);
  return {on_hand.begin(), on_hand.end()};
}

namespace {

/// Metres around the body's hand within which the picture's may be; and around its skin there.
constexpr double kHandMargin = .01, kHandReach = .04;
/// Metres around that skin.
constexpr double kMargin = .009;

std::vector<float> OnArms(const people::Body& body) {
  std::vector<float> on_arms = OnHands(body);
  for (size_t v = 0; v < on_arms.size(); ++v) {
    on_arms[v] = std::max(on_arms[v], body.attributes()[v].arm_weight > .5f ? 1.0f : 0.0f);
  }
  return on_arms;
}

/// Float: where the picture's body has `vertices` (0 or 1) before something else.
cv::Mat Drawn(const Person& person, const people::Body& body, const std::vector<float>& vertices) {
  cv::Mat hands(person.height(), person.width(), CV_32F, cv::Scalar(0));
  for (size_t i = 0; i < person.visible.triangle.size(); ++i) {
    const int triangle = person.visible.triangle[i];
    if (triangle < 0) continue;
    const people::Triangle& t = people::SurfaceTriangle(body, triangle);
    hands.ptr<float>()[i] = vertices[static_cast<size_t>(t[0])];
  }
  return hands;
}

}  // namespace

cv::Mat HandsInFront(const people::Body& body, const Subject& subject, bool arms) {
  const int reach = PixelsOf(arms ? kHandReach : kHandMargin, subject.person.pixels_per_metre());
  const cv::Mat drawn = Drawn(subject.person, body, arms ? OnArms(body) : OnHands(body));
  cv::Mat near = Dilated(drawn, reach);
  if (arms) {
    // Bare legs beside a hand are no hand.
    std::vector<float> on_legs(body.attributes().size());
    for (size_t v = 0; v < on_legs.size(); ++v) on_legs[v] = body.attributes()[v].leg_weight;
    const cv::Mat beside = Dilated(drawn, PixelsOf(kHandMargin, subject.person.pixels_per_metre()));
    beside.copyTo(near, Drawn(subject.person, body, on_legs) > .9);
  }
  return subject.regions.mask(Label::kSkin).mul(near);
}

cv::Mat HandsOf(const people::Body& body, const Subject& subject) {
  const double scale = subject.person.pixels_per_metre();
  const cv::Mat hands = Drawn(subject.person, body, OnHands(body));
  const cv::Mat skin = Ramp(
      subject.regions.mask(Label::kSkin).mul(Dilated(hands, PixelsOf(kHandReach, scale))), .3, .6);
  return cv::max(Dilated(hands, PixelsOf(kHandMargin, scale)),
                 Dilated(skin, PixelsOf(kMargin, scale)));
}

}  // namespace atelier::edit
