// The regions of a person's picture that can be described and swapped.
#pragma once

#include <array>
#include <string>
#include <string_view>

namespace atelier::edit {

/// With the numbers of v1::BodyRegion, whose comments say what each is.
enum class RegionKind {
  kFace = 1,
  kHead = 2,
  kHair = 3,
  kUpperGarment = 4,
  kLowerGarment = 5,
  kOutfit = 6,
  kShoes = 7,
  kSkin = 8,
  kArms = 9,
  kLegs = 10,
  kWholeTexture = 11,
  kBackground = 12,
};
inline constexpr int kRegionKindCount = 12;

/// UPPER_SNAKE, as v1::BodyRegion without its prefix; in the order of the numbers, from 1.
inline constexpr std::array<std::string_view, kRegionKindCount> kRegionNames = {
    "FACE",  "HEAD", "HAIR", "UPPER_GARMENT", "LOWER_GARMENT", "OUTFIT",
    "SHOES", "SKIN", "ARMS", "LEGS",          "WHOLE_TEXTURE", "BACKGROUND"};

/// A region or, where `part` is not 0, that part of the body (base/body.h).
struct Region {
  RegionKind kind = RegionKind::kWholeTexture;
  int part = 0;
  bool operator==(const Region&) const = default;
};

/// "UPPER_GARMENT", or "part 5".
std::string NameOf(Region region);

/// Whether one of DensePose's parts, 1 to 24, belongs to the region of a body. False for what is
/// worn or grown, and for the background.
bool HasPart(Region region, int part);

}  // namespace atelier::edit
