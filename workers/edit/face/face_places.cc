#include "edit/face/face_places.h"

#include <algorithm>
#include <cmath>

#include "edit/person/mat_math.h"

namespace atelier::edit {
namespace {

/// How far before the head's middle a place of the face has to lie, metres of the mean body.
constexpr float kBack = .075f, kFront = .1f;

}  // namespace

float FaceShare(const people::Attributes& a) {
  // A rounded rectangle: its middle, half its width and height.
  constexpr float kMiddle = .722f, kHalfWidth = .068f, kHalfHeight = .088f;
  const float x = a.at.x / kHalfWidth, y = (a.at.y - kMiddle) / kHalfHeight;
  const float distance = std::cbrt(std::fabs(x * x * x) + std::fabs(y * y * y));
  return Ramp(distance, 1, .8f) * Ramp(a.at.z, kBack, kFront) * Ramp(a.head_weight, .3f, .7f);
}

float NoSkinShare(const people::Attributes& a, const people::Body& body) {
  constexpr float kEyeWidth = .02f, kEyeHeight = .013f, kMouthWidth = .03f, kMouthHeight = .017f;
  constexpr float kMouth = .685f;
  const auto ellipse = [&](float x, float y, float width, float height) {
    return Ramp(std::hypot((a.at.x - x) / width, (a.at.y - y) / height), 1.2f, .8f);
  };
  float share = ellipse(0, kMouth, kMouthWidth, kMouthHeight);
  for (const people::Vec3& eye : body.eye_centres()) {
    share = std::max(share, ellipse(eye.x, eye.y, kEyeWidth, kEyeHeight));
  }
  return a.at.z > kBack ? share : 0;
}

float HeadShare(const people::Attributes& a) {
  constexpr float kNeckMiddle = .605f, kNeckTop = .645f;
  const float neck = Ramp(a.neck_weight, .2f, .6f) * Ramp(a.at.y, kNeckMiddle, kNeckTop);
  return std::max(Ramp(a.head_weight, .3f, .7f), neck);
}

float ScalpShare(const people::Attributes& a) {
  // Behind the ears down to the nape, and above the forehead.
  constexpr float kBehindEars = .045f, kEars = .065f, kForehead = .825f, kHairline = .845f;
  const float place =
      std::max(Ramp(a.at.z, kEars, kBehindEars), Ramp(a.at.y, kForehead, kHairline));
  return Ramp(a.head_weight, .3f, .7f) * place * (1 - Ramp(a.ears, .1f, .5f));
}

}  // namespace atelier::edit
