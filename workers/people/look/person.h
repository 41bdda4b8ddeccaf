// Person: one identity, as plain data. Each member of Look is one swappable region: give a person
// another's Top and render again, and the picture is the exact answer to that edit.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "people/body/body.h"
#include "people/body/vec.h"
#include "people/look/emblem.h"

namespace atelier::people {

enum class FabricKind {
  kSolid,
  kHorizontalStripes,
  kVerticalStripes,
  kPlaid,
  kDots,
  kCamouflage,
  kRaglan,
  kColourBlock,
  kPrint,
  kDenim,
};

/// Colours are linear factors 0..1, RGB.
struct Fabric {
  FabricKind kind = FabricKind::kSolid;
  std::array<Vec3, 3> colours;
  float period = .04f;  // metres
  float duty = .4f;     // share of a period that a stripe takes
  bool trim = false;    // hems in the second colour
  Emblem emblem;
  float emblem_height = .42f;  // canonical y of its middle
  float emblem_half_size = .08f;
  Vec3 phase;  // into the noise field
  bool operator==(const Fabric&) const = default;
};

enum class Neckline { kCrew, kV, kScoop, kHigh };

struct Top {
  Fabric fabric;
  Neckline neckline = Neckline::kCrew;
  float sleeve = .6f;       // along the arm: 1 elbow, 2 wrist
  float hem = .05f;         // canonical y
  float looseness = .008f;  // metres off the skin
  bool operator==(const Top&) const = default;
};

enum class BottomKind { kTrousers, kShorts, kSkirt, kDress };

/// A dress is a skirt of the top's fabric.
struct Bottom {
  BottomKind kind = BottomKind::kTrousers;
  Fabric fabric;
  float leg_length = 1.9f;  // along the leg: 1 knee, 2 ankle
  float skirt_hem = -.4f;   // canonical y
  float flare = 1;
  float waist = .14f;
  float looseness = .01f;
  bool HasSkirt() const { return kind == BottomKind::kSkirt || kind == BottomKind::kDress; }
  bool operator==(const Bottom&) const = default;
};

struct Shoes {
  Vec3 colour;
  Vec3 sole;
  float top = 1.93f;  // along the leg
  bool operator==(const Shoes&) const = default;
};

struct Jacket {
  Fabric fabric;
  float opening = .05f;  // half width of the open front, metres
  float hem = .02f;
  float sleeve = 1.86f;
  bool operator==(const Jacket&) const = default;
};

enum class HairStyle { kShort, kBuzz, kAfro, kBald, kBob, kLong, kBun };

struct Hair {
  HairStyle style = HairStyle::kShort;
  Vec3 colour;
  float fringe = 0;   // metres the forehead hairline is lowered (+) or raised (-)
  float temples = 0;  // metres the hairline recedes beside the forehead
  float parting = 0;  // metres the fringe slants across the forehead, signed
  float volume = 1;
  float length = 0;  // canonical y where long hair and bobs end
  Vec3 phase;
  bool operator==(const Hair&) const = default;
};

enum class Eyewear { kNone, kGlasses, kSunglasses };

struct Face {
  std::array<float, kFaceModeCount> shape{};  // coefficients of Body::face_modes()
  Vec3 iris;
  Vec3 brow_colour;
  Vec3 beard_colour;       // of the moustache too
  float beard = 0;         // 0..1
  float moustache = 0;     // 0..1
  float lip_colour = .5f;  // 0..1
  Vec3 lip_tint;
  float brow_thickness = .003f;  // metres
  float brow_height = 0;         // metres above the usual place
  float brow_slant = 0;
  float blush = .35f;
  float freckles = 0;
  Eyewear eyewear = Eyewear::kNone;
  Vec3 eyewear_colour;
  bool operator==(const Face&) const = default;
};

struct Look {
  Vec3 skin;
  Face face;
  Hair hair;
  Top top;
  Bottom bottom;
  Shoes shoes;
  std::optional<Jacket> jacket;
  Vec3 phase;  // of skin and creases in the noise field
  bool operator==(const Look&) const = default;
};

struct Person {
  uint64_t seed = 0;
  float masculinity = .5f;   // 0..1
  std::vector<float> shape;  // [K]; coefficients of the body's basis
  Look look;
};

/// The same seed gives the same person. Groups of traits have streams of their own, so a new trait
/// changes no other.
Person SamplePerson(const Body& body, uint64_t seed);

/// Colour of lips painted by `lip_colour` (Face) on this skin.
Vec3 LipTint(const Vec3& skin, float lip_colour);

}  // namespace atelier::people
