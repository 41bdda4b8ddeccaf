#include "people/look/person.h"

#include "base/random.h"

namespace atelier::people {
namespace {

enum Stream : uint64_t {
  kShapeStream = 1,
  kSkinStream,
  kFaceStream,
  kHairStream,
  kTopStream,
  kBottomStream,
  kShoesStream,
  kJacketStream,
};

constexpr Vec3 Bytes(float r, float g, float b) { return {r / 255, g / 255, b / 255}; }

constexpr std::array<Vec3, 10> kSkins = {
    Bytes(255, 224, 204), Bytes(247, 211, 188), Bytes(236, 194, 166), Bytes(224, 176, 144),
    Bytes(205, 152, 116), Bytes(178, 124, 88),  Bytes(146, 97, 66),   Bytes(120, 77, 52),
    Bytes(106, 69, 48),   Bytes(92, 60, 44)};
constexpr std::array<Vec3, 10> kHairColours = {
    Bytes(18, 15, 14),    Bytes(35, 26, 22),   Bytes(60, 40, 28),    Bytes(92, 62, 40),
    Bytes(130, 92, 56),   Bytes(176, 136, 84), Bytes(210, 178, 122), Bytes(140, 62, 32),
    Bytes(150, 148, 146), Bytes(168, 60, 50)};
constexpr std::array<Vec3, 5> kIrises = {Vec3{.25f, .14f, .07f}, Vec3{.35f, .22f, .1f},
                                         Vec3{.2f, .4f, .6f}, Vec3{.26f, .44f, .26f},
                                         Vec3{.12f, .08f, .06f}};

Vec3 FromHsv(float hue, float saturation, float value) {
  const int sector = static_cast<int>(hue * 6) % 6;
  const float f = Fraction(hue * 6);
  const float p = value * (1 - saturation);
  const float q = value * (1 - f * saturation);
  const float t = value * (1 - (1 - f) * saturation);
  switch (sector) {
    case 0:
      return {value, t, p};
    case 1:
      return {q, value, p};
    case 2:
      return {p, value, t};
    case 3:
      return {p, q, value};
    case 4:
      return {t, p, value};
    default:
      return {value, p, q};
  }
}

Vec3 DrawColour(Random& r) {
  const double kind = r.Uniform();
  if (kind < .16) {
    const float v = Draw(r, .04, .13);
    return Vec3{v, v, v} + DrawVec3(r, -.012, .012);
  }
  if (kind < .32) {
    const float v = Draw(r, .85, .97);
    return {v, v, v};
  }
  if (kind < .42) {
    const float v = Draw(r, .3, .7);
    return {v, v, v};
  }
  const float hue = Draw(r, 0, 1);
  const float saturation = Draw(r, .25, .9);
  return FromHsv(hue, saturation, Draw(r, .3, .95));
}

float Distance(const Vec3& a, const Vec3& b) {
  return std::max({std::fabs(a.x - b.x), std::fabs(a.y - b.y), std::fabs(a.z - b.z)});
}

Fabric DrawFabric(Random& r, FabricKind kind) {
  Fabric f;
  f.kind = kind;
  for (Vec3& colour : f.colours) colour = DrawColour(r);
  // Patterns need contrast to be seen.
  while (Distance(f.colours[0], f.colours[1]) < .25f) f.colours[1] = DrawColour(r);
  f.period = Draw(r, .022, .07);
  f.duty = Draw(r, .25, .6);
  f.emblem = DrawEmblem(r);
  f.emblem_height = Draw(r, .38, .43);
  f.emblem_half_size = Draw(r, .055, .11);
  f.trim = r.Chance(.35);
  f.phase = DrawVec3(r, 0, 30);
  return f;
}

template <size_t N>
FabricKind DrawKind(Random& r, const std::array<FabricKind, N>& kinds,
                    const std::array<double, N>& weights) {
  return kinds[static_cast<size_t>(Choose(r, weights))];
}

/// Garments the colour of the skin read as nakedness; draw until they are not.
Fabric DrawGarmentFabric(Random& r, FabricKind kind, const Vec3& skin) {
  Fabric f = DrawFabric(r, kind);
  while (kind != FabricKind::kDenim && Distance(f.colours[0], skin) < .22f) {
    f = DrawFabric(r, kind);
  }
  return f;
}

Face DrawFace(Random r, bool feminine, const Vec3& skin) {
  Face f;
  for (float& c : f.shape) c = std::clamp(Gaussian(r, 1.0), -2.2f, 2.2f);
  f.shape[kEyeSizeMode] = 1.3f + .6f * f.shape[kEyeSizeMode];
  f.shape[kSmileMode] = 1.2f + .9f * f.shape[kSmileMode];
  f.iris = kIrises[static_cast<size_t>(r.Index(kIrises.size()))];
  constexpr std::array<double, 3> kBeards = {.55, .25, .2};
  constexpr std::array<float, 3> kBeardAmounts = {0, .4f, .9f};
  const float beard = kBeardAmounts[static_cast<size_t>(Choose(r, kBeards))];
  const bool moustache = r.Chance(.3);
  f.beard = feminine ? 0 : beard;
  f.moustache = feminine ? 0 : std::max(beard, moustache ? .9f : 0.0f);
  f.lip_colour = feminine ? Draw(r, .5, 1) : Draw(r, .1, .4);
  f.lip_tint = LipTint(skin, f.lip_colour);
  f.brow_thickness = feminine ? Draw(r, .0026, .0040) : Draw(r, .0036, .0058);
  f.brow_height = Draw(r, -.003, .003);
  f.brow_slant = Draw(r, -.14, .14);
  f.blush = Draw(r, .1, .55);
  f.freckles = r.Chance(.12) ? Draw(r, .4, 1) : 0;
  constexpr std::array<double, 3> kEyewear = {.82, .13, .05};
  f.eyewear = static_cast<Eyewear>(Choose(r, kEyewear));
  f.eyewear_colour = r.Chance(.6) ? Vec3{.04f, .04f, .05f} : FromHsv(Draw(r, 0, 1), .6f, .4f);
  return f;
}

Hair DrawHair(Random r, bool feminine) {
  constexpr std::array<double, 10> kColours = {.22, .19, .15, .12, .08, .08, .05, .05, .04, .02};
  constexpr std::array<double, 7> kFeminine = {.10, 0, .04, 0, .22, .46, .18};
  constexpr std::array<double, 7> kMasculine = {.52, .19, .10, .09, .04, .03, .03};
  Hair h;
  h.colour = kHairColours[static_cast<size_t>(Choose(r, kColours))];
  h.style = static_cast<HairStyle>(Choose(r, feminine ? kFeminine : kMasculine));
  h.fringe = Draw(r, -.022, .008);
  h.temples = feminine ? Draw(r, -.004, .008) : Draw(r, -.002, .022);
  h.parting = r.Chance(.6) ? Draw(r, -.03, .03) : 0;
  h.volume = Draw(r, .7, 1.35);
  h.length = h.style == HairStyle::kBob ? Draw(r, .57, .63) : Draw(r, .34, .5);
  h.phase = DrawVec3(r, 0, 30);
  return h;
}

Top DrawTop(Random r, const Vec3& skin) {
  using enum FabricKind;
  constexpr std::array<FabricKind, 9> kKinds = {
      kSolid, kHorizontalStripes, kVerticalStripes, kPlaid,
      kDots,  kCamouflage,        kRaglan,          kColourBlock,
      kPrint};
  constexpr std::array<double, 9> kWeights = {.22, .14, .06, .1, .08, .05, .08, .09, .18};
  constexpr std::array<double, 5> kSleeveWeights = {.12, .2, .28, .08, .32};
  constexpr std::array<float, 5> kSleeves = {.24f, .42f, .6f, 1.2f, 1.86f};
  constexpr std::array<double, 4> kNecklines = {.45, .25, .15, .15};
  Top t;
  t.fabric = DrawGarmentFabric(r, DrawKind(r, kKinds, kWeights), skin);
  t.sleeve = kSleeves[static_cast<size_t>(Choose(r, kSleeveWeights))];
  t.neckline = static_cast<Neckline>(Choose(r, kNecklines));
  t.hem = Draw(r, .015, .1);
  t.looseness = Draw(r, .003, .016);
  return t;
}

Bottom DrawBottom(Random r, bool feminine, const Vec3& skin) {
  using enum FabricKind;
  constexpr std::array<FabricKind, 6> kKinds = {kDenim,           kSolid,      kPlaid,
                                                kVerticalStripes, kCamouflage, kDots};
  constexpr std::array<double, 6> kWeights = {.34, .42, .08, .06, .05, .05};
  constexpr std::array<double, 4> kFeminine = {.4, .14, .22, .24};
  constexpr std::array<double, 4> kMasculine = {.76, .24, 0, 0};
  Bottom b;
  b.kind = static_cast<BottomKind>(Choose(r, feminine ? kFeminine : kMasculine));
  b.fabric = DrawGarmentFabric(r, DrawKind(r, kKinds, kWeights), skin);
  b.leg_length = b.kind == BottomKind::kShorts ? Draw(r, .55, .95) : Draw(r, 1.75, 1.94);
  b.skirt_hem = Draw(r, -.62, -.16);
  b.flare = Draw(r, .9, 1.25);
  b.waist = Draw(r, .12, .165);
  b.looseness = Draw(r, .002, .018);
  return b;
}

Shoes DrawShoes(Random r) {
  constexpr std::array<double, 3> kWeights = {.65, .2, .15};
  constexpr std::array<float, 3> kTops = {1.93f, 1.8f, 1.55f};
  constexpr std::array<float, 3> kSoles = {.93f, .1f, .35f};
  Shoes s;
  s.colour = DrawColour(r) * .9f;
  const float sole = kSoles[static_cast<size_t>(r.Index(3))];
  s.sole = {sole, sole, sole};
  s.top = kTops[static_cast<size_t>(Choose(r, kWeights))];
  return s;
}

std::optional<Jacket> DrawJacket(Random r) {
  using enum FabricKind;
  constexpr std::array<FabricKind, 4> kKinds = {kSolid, kDenim, kPlaid, kCamouflage};
  constexpr std::array<double, 4> kWeights = {.5, .25, .15, .1};
  const bool worn = r.Chance(.26);
  Jacket j;
  j.fabric = DrawFabric(r, DrawKind(r, kKinds, kWeights));
  j.opening = Draw(r, .03, .075);
  j.hem = Draw(r, -.05, .08);
  j.sleeve = r.Chance(.85) ? 1.86f : .5f;
  if (!worn) return std::nullopt;
  return j;
}

}  // namespace

Vec3 LipTint(const Vec3& skin, float lip_colour) {
  return Mix(skin * Vec3{.90f, .66f, .62f}, skin * Vec3{.82f, .42f, .44f} + Vec3{.1f, 0, .02f},
             lip_colour);
}

Person SamplePerson(const Body& body, uint64_t seed) {
  const auto stream = [&](Stream name) { return Random(seed).Fork(name); };
  Person p;
  p.seed = seed;
  Random shape = stream(kShapeStream);
  const auto index = static_cast<size_t>(shape.Index(body.shape_count()));
  const auto count = static_cast<size_t>(body.file().component_count);
  const auto first = body.file().coefficients.begin() + static_cast<std::ptrdiff_t>(index * count);
  p.shape.assign(first, first + static_cast<std::ptrdiff_t>(count));
  p.masculinity = body.file().masculinity[index];
  const bool feminine = p.masculinity < .5f;

  Random skin = stream(kSkinStream);
  Look& look = p.look;
  look.skin = kSkins[static_cast<size_t>(skin.Index(kSkins.size()))] * Draw(skin, .95, 1.04);
  look.phase = DrawVec3(skin, 0, 30);
  look.face = DrawFace(stream(kFaceStream), feminine, look.skin);
  look.hair = DrawHair(stream(kHairStream), feminine);
  look.face.brow_colour = look.hair.colour * .75f;
  look.face.beard_colour = look.hair.colour;
  look.top = DrawTop(stream(kTopStream), look.skin);
  look.bottom = DrawBottom(stream(kBottomStream), feminine, look.skin);
  if (look.bottom.kind == BottomKind::kDress) {
    look.bottom.fabric = look.top.fabric;
    look.top.hem = .12f;
  }
  look.shoes = DrawShoes(stream(kShoesStream));
  look.jacket = DrawJacket(stream(kJacketStream));
  return p;
}

}  // namespace atelier::people
