#include "people/render/paint.h"

namespace atelier::people {

Painter::Painter(const Body& body, const Look& look)
    : body_(body),
      look_(look),
      noise_(body.noise()),
      top_(look.top.fabric, noise_),
      bottom_(look.bottom.fabric, noise_) {
  if (look.jacket) jacket_.emplace(look.jacket->fabric, noise_);
}

Surface Painter::At(Layer layer, const Attributes& a) const {
  switch (Outermost(layer, a)) {
    case Layer::kSkin:
      return Skin(a);
    case Layer::kEyes:
      return Eye(a);
    case Layer::kLashes:
      return {Eyewear(a.at, look_.skin * .22f), 0, 0, Region::kFace};
    case Layer::kTop:
      return TopSurface(a);
    case Layer::kBottom:
      return BottomSurface(a, false);
    case Layer::kSkirt:
      return BottomSurface(a, true);
    case Layer::kShoes:
      return ShoeSurface(a);
    case Layer::kHairCap:
    case Layer::kHairStrips:
      return HairSurface(a);
    case Layer::kJacket:
      return JacketSurface(a);
  }
  return {};
}

Layer Painter::Outermost(Layer layer, const Attributes& a) const {
  Layer out = layer;
  const float y = a.at.y;
  const Bottom& bottom = look_.bottom;
  if (layer == Layer::kSkin) {
    if (a.head_weight > .9f) return layer;
    if (bottom.HasSkirt()) {
      const float low = std::max(bottom.skirt_hem + .05f, -.2f);
      if (y < bottom.waist && y > low && a.arm_weight < .5f) out = Layer::kSkirt;
    } else if (TrousersCoverage(bottom, a) > 0) {
      out = Layer::kBottom;
    }
    if (ShoesCoverage(look_.shoes, a) > 0) out = Layer::kShoes;
    if (TopCoverage(look_.top, a) > 0) out = Layer::kTop;
  }
  const bool lower = out == Layer::kBottom || out == Layer::kSkirt;
  if (lower && y > look_.top.hem + .004f && y < .3f && bottom.kind != BottomKind::kDress) {
    out = Layer::kTop;
  }
  const bool under_jacket =
      out == Layer::kSkin || out == Layer::kTop || out == Layer::kBottom || out == Layer::kSkirt;
  if (look_.jacket && under_jacket && JacketCoverage(*look_.jacket, a) > 0) out = Layer::kJacket;
  return out;
}

Surface Painter::TopSurface(const Attributes& a) const {
  const Top& top = look_.top;
  const GarmentPoint g = GarmentPointOf(a);
  Surface s{top_.At(a, g), 0, 1, Region::kTop};
  const float edge = g.arm ? (top.sleeve - a.arm) * .25f : a.at.y - top.hem;
  // A dress goes on below its waist: no hem there.
  if (!g.arm && look_.bottom.kind == BottomKind::kDress) return s;
  if (std::fabs(edge - .012f) < .0025f) s.colour = s.colour * .82f;  // a sewn hem
  if (top.fabric.trim && edge < .014f) s.colour = top.fabric.colours[1];
  return s;
}

Surface Painter::BottomSurface(const Attributes& a, bool skirt) const {
  const Vec3& p = a.at;
  Surface s{bottom_.At(a, GarmentPointOf(a)), 0, 1, Region::kBottom};
  if (skirt) return s;
  const bool belt = std::fabs(p.y - (look_.bottom.waist - .03f)) < .003f;
  const bool fly = std::fabs(p.x) < .003f && p.y > .02f && p.z > 0;
  if (belt || fly) s.colour = s.colour * .65f;
  return s;
}

Surface Painter::JacketSurface(const Attributes& a) const {
  const Vec3& p = a.at;
  const Jacket& jacket = *look_.jacket;
  Surface s{jacket_->At(a, GarmentPointOf(a)), 0, 1, Region::kJacket};
  const float edge = jacket.opening + .012f + .25f * std::max(0.0f, p.y - .45f);
  const bool placket = std::fabs(std::fabs(p.x) - edge) < .003f && p.z > 0 && a.arm_weight < .5f;
  const bool cuff = a.arm_weight > .5f && std::fabs(jacket.sleeve - a.arm - .1f) < .012f;
  if (placket || cuff) s.colour = s.colour * .6f;
  return s;
}

Surface Painter::ShoeSurface(const Attributes& a) const {
  const Vec3& p = a.at;
  Surface s{look_.shoes.colour, .25f, 0, Region::kShoes};
  const float side = std::fabs(std::fabs(p.x) - .185f);
  if (p.y < -.808f) {
    s.colour = look_.shoes.sole;
  } else if (side < .016f && p.z > .03f && p.z < .12f && p.y < -.74f && Fraction(p.z * 80) < .42f) {
    s.colour = look_.shoes.sole * .9f;  // laces
  }
  return s;
}

Surface Painter::HairSurface(const Attributes& a) const {
  const Vec3& p = a.at;
  const float around = Atan2(p.x, p.z - .03f);
  const float strand = noise_.At(Vec3{around * 34, p.y * 9 + p.z * 6, 3} + look_.hair.phase);
  const float lock =
      noise_.At(p * (look_.hair.style == HairStyle::kAfro ? 70.0f : 40.0f) + look_.hair.phase);
  return {look_.hair.colour * (.55f + .6f * strand + .35f * lock), .35f, 0, Region::kHair};
}

}  // namespace atelier::people
