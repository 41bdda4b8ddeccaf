#include "edit/bench/baselines.h"

#include <algorithm>

#include "base/body.h"
#include "engine/texture/texture_map.h"

namespace atelier::edit {
namespace {

/// Side of a part's tile: about a texel for a pixel of the picture.
constexpr int kTile = 160;

bool IsBetween(BodyPart first, int part, BodyPart last) {
  return part >= static_cast<int>(first) && part <= static_cast<int>(last);
}

bool HasPart(BenchRegion region, int part) {
  const bool upper = IsBetween(BodyPart::kTorsoBack, part, BodyPart::kTorsoFront) ||
                     IsBetween(BodyPart::kLeftUpperArmFront, part, BodyPart::kRightLowerArmBack);
  const bool lower = IsBetween(BodyPart::kRightUpperLegBack, part, BodyPart::kLeftLowerLegFront);
  switch (region) {
    case BenchRegion::kUpper:
      return upper;
    case BenchRegion::kLower:
      return lower;
    case BenchRegion::kOutfit:
      return upper || lower || IsBetween(BodyPart::kLeftFoot, part, BodyPart::kRightFoot);
    case BenchRegion::kFace:
      return IsBetween(BodyPart::kRightHead, part, BodyPart::kLeftHead);
  }
  return false;
}

engine::TextureMap TextureOf(const people::Rendering& rendering) {
  return engine::ExtractTextureMap(rendering.rgb, rendering.iuv, kTile);
}

/// Copies the tiles of `region` from one texture to another.
void CopyTiles(const Image& from, BenchRegion region, Image& to) {
  for (int part = 1; part <= kBodyPartCount; ++part) {
    if (!HasPart(region, part)) continue;
    const int top = (part - 1) / engine::kAtlasColumns * kTile;
    const int left = (part - 1) % engine::kAtlasColumns * kTile;
    for (int y = top; y < top + kTile; ++y) {
      std::copy_n(from.at(y, left), kTile * from.channels, to.at(y, left));
    }
  }
}

}  // namespace

Image NaivePaste(const BenchPerson& base, const BenchPerson& donor, BenchRegion region) {
  const Image& iuv = base.rendering.iuv;
  constexpr uint8_t kBlack[3] = {0, 0, 0};
  const engine::WarpedTexture warped = engine::WarpTexture(TextureOf(donor.rendering), iuv, kBlack);
  Image out = base.rendering.rgb;
  for (int y = 0; y < out.height; ++y) {
    for (int x = 0; x < out.width; ++x) {
      if (HasPart(region, iuv.at(y, x)[0])) std::copy_n(warped.colours.at(y, x), 3, out.at(y, x));
    }
  }
  return out;
}

Image NaiveRepose(const BenchPerson& base, const BenchPerson& donor, const BenchPerson& target,
                  BenchRegion region) {
  engine::TextureMap texture = TextureOf(base.rendering);
  const engine::TextureMap donors = TextureOf(donor.rendering);
  CopyTiles(donors.colours, region, texture.colours);
  CopyTiles(donors.validity, region, texture.validity);
  const auto wall = engine::FrameColour(base.rendering.rgb);
  return engine::WarpTexture(texture, target.rendering.iuv, wall.data()).colours;
}

}  // namespace atelier::edit
