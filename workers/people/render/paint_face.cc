// Skin and face: everything a person is recognised by that is not shape.
#include "people/render/paint.h"

namespace atelier::people {
namespace {

constexpr Vec3 kFlush{1.0f, .72f, .68f};  // what blood does to light on skin

bool OnFace(const Attributes& a) { return a.head_weight > .5f && a.at.z > .03f; }

}  // namespace

Surface Painter::Skin(const Attributes& a) const {
  const Vec3& p = a.at;
  const float mottle = .94f + .12f * noise_.At(p * 14 + look_.phase);
  Surface s{look_.skin * mottle, .10f, 0, Region::kSkin};
  if (a.head_weight + a.neck_weight < .3f) return s;
  if (OnFace(a)) {
    s.region = Region::kFace;
    s.colour = FaceSkin(a, s.colour);
  }
  const Hair& hair = look_.hair;
  if (hair.style != HairStyle::kBald && a.head_weight + a.neck_weight > .5f && a.ears < .3f) {
    const float strands = .012f * (noise_.At(p * Vec3{140, 14, 140} + hair.phase) - .5f);
    const float inside = Ramp(p.y - Hairline(hair, p) - strands, .012f) * .9f;
    s.colour = Mix(s.colour, hair.colour * .8f, inside);
    if (inside > .5f) s.region = Region::kHair;
  }
  const bool long_hair = hair.style == HairStyle::kLong || hair.style == HairStyle::kBob;
  if (long_hair && p.z < .012f && p.y > hair.length && a.ears < .3f) {
    // The nape behind the locks lies in their shade.
    s.colour = hair.colour * .55f;
    s.region = Region::kHair;
  }
  if (OnFace(a) || p.z > -.01f) s.colour = Eyewear(p, s.colour);
  return s;
}

Vec3 Painter::FaceSkin(const Attributes& a, Vec3 colour) const {
  const Vec3& p = a.at;
  const Face& face = look_.face;
  const float ax = std::fabs(p.x);
  const Vec3 eye = body_.eye_centres()[kLeft];
  const auto flush = [&](float amount) {
    colour = colour * Vec3{1, 1 - (1 - kFlush.y) * amount, 1 - (1 - kFlush.z) * amount};
  };
  flush(face.blush * Bell(Square((ax - .042f) / .02f) + Square((p.y - .695f) / .018f)));
  flush(.25f * Bell(Square(ax / .014f) + Square((p.y - .70f) / .012f)));
  if (face.freckles > 0 && ax < .06f && p.y > .68f && p.y < .735f) {
    colour = colour * (1 - .3f * face.freckles * Ramp(noise_.At(p * 420) - .68f, .08f));
  }
  // The shade under the nose and beside it, which the coarse light does not reach.
  colour = colour * (1 - .18f * Bell(Square(ax / .016f) + Square((p.y - .688f) / .006f)));
  colour = Mix(colour, face.lip_tint, a.lips * (.75f + .25f * face.lip_colour));
  if (a.mouth > .5f) colour = Mix(colour, look_.skin * Vec3{.3f, .12f, .12f}, .9f);
  const float socket = Bell(Square((ax - eye.x) / .021f) + Square((p.y - eye.y - .004f) / .012f));
  colour = colour * (Vec3{1, 1, 1} - Vec3{.8f, 1, 1} * (.20f * socket));
  if (face.beard > 0 || face.moustache > 0) colour = Beard(a, colour);
  return Brows(p, colour);
}

Vec3 Painter::Brows(const Vec3& p, const Vec3& colour) const {
  const Face& face = look_.face;
  const float ax = std::fabs(p.x);
  if (ax < .009f || ax > .055f) return colour;
  const Vec3 eye = body_.eye_centres()[kLeft];
  const float arch = .004f * Sin(Clamp01((ax - .012f) / .04f) * kPi * .8f);
  const float middle = eye.y + .0225f + face.brow_height + arch + face.brow_slant * (ax - .032f) -
                       .07f * std::max(0.0f, ax - .04f);
  const float taper = std::clamp(1.25f - (ax - .012f) / .055f, .35f, 1.2f);
  const float d = std::fabs(p.y - middle) / (face.brow_thickness * taper);
  return Mix(colour, face.brow_colour, Clamp01(1.8f - d));
}

Vec3 Painter::Beard(const Attributes& a, const Vec3& colour) const {
  const Vec3& p = a.at;
  const Face& face = look_.face;
  const float ax = std::fabs(p.x);
  float beard = 0;
  if (p.y > .615f) {
    const float cheek = .678f - p.y + .55f * std::max(0.0f, ax - .035f);
    beard = Clamp01(cheek / .012f) * Clamp01((p.z - .035f) / .02f) * face.beard;
  }
  const float x4 = Square(Square(ax / .026f));
  const float moustache = Bell(x4 + Square((p.y - .6745f) / .0055f)) * face.moustache;
  const float bare_lips = Clamp01(1 - a.lips * 2);
  const float amount = std::max(beard, moustache) * bare_lips * (.7f + .5f * noise_.At(p * 260));
  return Mix(colour, face.beard_colour * .9f, amount);
}

Vec3 Painter::Eyewear(const Vec3& p, const Vec3& colour) const {
  const Face& face = look_.face;
  if (face.eyewear == Eyewear::kNone) return colour;
  const Vec3 eye = body_.eye_centres()[kLeft];
  const float ax = std::fabs(p.x);
  const float dy = p.y - (eye.y - .002f);
  if (std::fabs(dy) > .03f) return colour;
  if (p.z < .075f) {
    // The arms, from the lens to the ear.
    const bool arm = std::fabs(dy - .006f) < .0028f && ax > .05f && p.z > .0f;
    return arm ? face.eyewear_colour : colour;
  }
  // A rounded rectangle about each eye: |x|^3 + |y|^3 is one on its edge.
  const float x = std::fabs(ax - eye.x - .002f) / .0255f;
  const float y = std::fabs(dy) / .0195f;
  const float r = x * x * x + y * y * y;
  if (r < 1.25f && r > .66f) return face.eyewear_colour;
  if (r <= .66f && face.eyewear == Eyewear::kSunglasses) return {.035f, .035f, .04f};
  if (ax < .009f && std::fabs(dy - .005f) < .0026f) return face.eyewear_colour;  // the bridge
  return colour;
}

Surface Painter::Eye(const Attributes& a) const {
  const Vec3& p = a.at;
  const Vec3 centre = body_.eye_centres()[p.x > 0 ? kLeft : kRight];
  const Vec3 d = Unit(p - centre);
  Vec3 colour = Vec3{.93f, .92f, .90f} * (d.y < .25f ? 1.0f : .8f);
  if (d.z > .87f) colour = look_.face.iris;
  if (d.z > .963f) colour = {.02f, .02f, .02f};
  return {Eyewear(p, colour), .5f, 0, Region::kFace};
}

}  // namespace atelier::people
