#include "people/look/coverage.h"

namespace atelier::people {
namespace {

bool OnArm(const Attributes& a) { return a.arm_weight > .5f; }

/// Inside an ellipse of half axes `rx`, `ry`.
float Ellipse(float x, float y, float rx, float ry) {
  const float r = std::sqrt(Square(x / rx) + Square(y / ry));
  return (1 - r) * std::min(rx, ry);
}

/// Inside the ellipsoid about the base of the neck that every collar is cut from.
float NeckHole(const Vec3& p, float rx, float ry, float rz) {
  const float r =
      std::sqrt(Square(p.x / rx) + Square((p.y - .63f) / ry) + Square((p.z - .02f) / rz));
  return (1 - r) * .075f;
}

/// The larger of two distances, its corner rounded over `radius`.
float RoundedUnion(float a, float b, float radius) {
  const float h = std::max(radius - std::fabs(a - b), 0.0f);
  return std::max(a, b) + h * h / (4 * radius);
}

float NeckOpening(Neckline neckline, const Vec3& p) {
  if (neckline == Neckline::kHigh) return p.y - .625f;
  const float ax = std::fabs(p.x);
  const bool wide = neckline == Neckline::kScoop;
  const float base = std::max(NeckHole(p, wide ? .105f : .088f, .085f, .115f), p.y - .62f);
  float cut = -1;
  if (neckline == Neckline::kV) {
    cut = std::min({p.z - .02f, p.y - .4f, ((p.y - .455f) * .62f - ax) * .85f, .08f - ax});
  } else if (neckline == Neckline::kScoop) {
    cut = std::min(p.z - .02f, Ellipse(p.x, p.y - .57f, .09f, .10f));
  } else {
    cut = std::min(p.z, Ellipse(p.x, p.y - .575f, .076f, .05f));
  }
  return RoundedUnion(base, cut, .02f);
}

constexpr float kArmMetres = .25f;  // of canonical length for one unit of the arm parameter
constexpr float kLegMetres = .4f;

}  // namespace

float TopCoverage(const Top& top, const Attributes& a) {
  const float head = (.5f - a.head_weight) * .1f;
  if (OnArm(a)) return std::min(head, (top.sleeve - a.arm) * kArmMetres);
  return std::min({head, a.at.y - top.hem, -NeckOpening(top.neckline, a.at)});
}

float JacketCoverage(const Jacket& jacket, const Attributes& a) {
  const float head = (.5f - a.head_weight) * .1f;
  if (OnArm(a)) return std::min(head, (jacket.sleeve - a.arm) * kArmMetres);
  const Vec3& p = a.at;
  const float neck = NeckHole(p, .086f, .075f, .125f);
  const float half = jacket.opening + .25f * std::max(0.0f, p.y - .45f);
  const float opening = std::min(p.z, half - std::fabs(p.x));
  return std::min({head, p.y - jacket.hem, -neck, .62f - p.y, -opening});
}

float TrousersCoverage(const Bottom& bottom, const Attributes& a) {
  return std::min({bottom.waist - a.at.y, (bottom.leg_length - a.leg) * kLegMetres,
                   (.5f - a.arm_weight) * .1f});
}

float ShoesCoverage(const Shoes& shoes, const Attributes& a) {
  return std::min((a.leg - shoes.top) * kLegMetres, -.3f - a.at.y);
}

float SkirtCoverage(const Bottom& bottom, const Attributes& a) {
  return std::min(a.at.y - bottom.skirt_hem, bottom.waist + .02f - a.at.y);
}

float Hairline(const Hair& hair, const Vec3& p) {
  // Height over the angle from the front of the head: forehead, temple, sideburn, ear, nape.
  static constexpr std::array<float, 11> kDegrees = {0, 30, 48, 62, 74, 86, 98, 112, 128, 150, 180};
  static constexpr std::array<float, 11> kHeights = {.803f, .802f, .792f, .768f, .735f, .708f,
                                                     .742f, .740f, .690f, .662f, .655f};
  const float degrees = Atan2(std::fabs(p.x), p.z - .03f) * (180 / kPi);
  size_t i = 1;
  while (i < 10 && degrees > kDegrees[i]) ++i;
  const float t = (degrees - kDegrees[i - 1]) / (kDegrees[i] - kDegrees[i - 1]);
  const float usual = kHeights[i - 1] + (kHeights[i] - kHeights[i - 1]) * Clamp01(t);
  // The front alone differs between people.
  const float front = Clamp01((70 - degrees) / 25);
  const float temple = Bell(Square((degrees - 40) / 14));
  return usual +
         front * (hair.parting * Clamp01(p.x / .12f + .5f) - hair.parting * .5f - hair.fringe) +
         temple * hair.temples;
}

float HairCapCoverage(const Hair& hair, const NoiseField& noise, const Attributes& a) {
  const Vec3& p = a.at;
  const float strands = noise.At(p * Vec3{140, 14, 140} + hair.phase) - .5f;
  const float close = hair.style == HairStyle::kBuzz ? .008f : 0.0f;
  return std::min(p.y - Hairline(hair, p) - .016f * strands - close, (.35f - a.ears) * .05f);
}

float HairStripsCoverage(const Hair& hair, const NoiseField& noise, const Attributes& a) {
  const Vec3& p = a.at;
  const float jag = .035f * (noise.At(p * Vec3{90, 4, 90}) - .5f);
  // Curtains that part where the hair is parted.
  const float part = Clamp01(1 - std::fabs(p.x - hair.parting) / .055f);
  const float top = .79f - hair.fringe + .03f * part + .3f * jag;
  const float face = std::min({top - p.y, p.z - .07f, .068f - std::fabs(p.x)});
  return std::min(p.y - hair.length - jag, -face);
}

float Coverage(Layer layer, const Look& look, const NoiseField& noise, const Attributes& a) {
  switch (layer) {
    case Layer::kTop:
      return TopCoverage(look.top, a);
    case Layer::kBottom:
      return TrousersCoverage(look.bottom, a);
    case Layer::kShoes:
      return ShoesCoverage(look.shoes, a);
    case Layer::kSkirt:
      return SkirtCoverage(look.bottom, a);
    case Layer::kHairCap:
      return HairCapCoverage(look.hair, noise, a);
    case Layer::kHairStrips:
      return HairStripsCoverage(look.hair, noise, a);
    case Layer::kJacket:
      return look.jacket ? JacketCoverage(*look.jacket, a) : -1;
    case Layer::kSkin:
    case Layer::kEyes:
    case Layer::kLashes:
      break;
  }
  return 1;
}

}  // namespace atelier::people
