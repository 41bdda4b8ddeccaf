#include "edit/garment/hands.h"

#include <opencv2/imgproc.hpp>

#include "edit/garment/swap_input.h"
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
constexpr double kMargin = .004;

/// Float: 1 where the picture's body has a hand before something else.
cv::Mat BodyHands(const people::Body& body, const Person& person) {
  const std::vector<float> on_hand = OnHands(body);
  cv::Mat hands(person.height(), person.width(), CV_32F, cv::Scalar(0));
  for (size_t i = 0; i < person.visible.triangle.size(); ++i) {
    const int triangle = person.visible.triangle[i];
    if (triangle < 0) continue;
    const people::Triangle& t = people::SurfaceTriangle(body, triangle);
    hands.ptr<float>()[i] = on_hand[static_cast<size_t>(t[0])];
  }
  return hands;
}

}  // namespace

cv::Mat HandsInFront(const people::Body& body, const Subject& subject) {
  const int reach = PixelsOf(kHandReach, subject.person.pixels_per_metre());
  return subject.regions.mask(Label::kSkin).mul(Dilated(BodyHands(body, subject.person), reach));
}

cv::Mat HandsOf(const people::Body& body, const Subject& subject) {
  const double scale = subject.person.pixels_per_metre();
  const cv::Mat skin = Ramp(HandsInFront(body, subject), .3, .6);
  return cv::max(Dilated(BodyHands(body, subject.person), PixelsOf(kHandMargin, scale)),
                 Dilated(skin, PixelsOf(kMargin, scale)));
}

}  // namespace atelier::edit
