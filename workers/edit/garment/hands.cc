#include "edit/garment/hands.h"

#include <opencv2/imgproc.hpp>

#include "edit/garment/swap_input.h"
#include "edit/person/mat_math.h"
#include "people/body/body_view.h"
#include "people/carry/skin_places.h"

namespace atelier::edit {
namespace {

/// Metres around the body's hand within which the picture's may be; and around its skin there.
constexpr double kHandMargin = .01, kHandReach = .04;
/// Metres around that skin.
constexpr double kMargin = .004;

}  // namespace

std::vector<float> OnHands(const people::Body& body) {
  const auto& hand = body.bones().hand;
  const std::vector<bool> on_hand = people::VerticesOn(body, {hand[0], hand[1]}, true);
  return {on_hand.begin(), on_hand.end()};
}

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
  const cv::Mat skin =
      subject.regions.mask(Label::kSkin).mul(Dilated(hands, PixelsOf(kHandReach, scale)));
  return cv::max(Dilated(hands, PixelsOf(kHandMargin, scale)),
                 Dilated(Ramp(skin, .3, .6), PixelsOf(kMargin, scale)));
}

}  // namespace atelier::edit
