#include "people/render/swap.h"

#include <algorithm>

#include "people/render/masks.h"

namespace atelier::people {
namespace {

/// Hem of a dress's upper half when it is worn as a top: low enough to meet every waist.
constexpr float kPartedHem = .06f;
constexpr size_t kForeheadMode = 9;

bool IsDress(const Look& look) { return look.bottom.kind == BottomKind::kDress; }

void SwapFace(const Face& donor, Face& face) {
  const float forehead = face.shape[kForeheadMode];
  face = donor;
  face.shape[kForeheadMode] = forehead;
}

/// Region values whose pixels a swap of `region` may change.
Image MaskOf(const Rendering& r, SwapRegion region) {
  switch (region) {
    case SwapRegion::kUpper:
      return RegionMask(r, {Region::kTop, Region::kJacket});
    case SwapRegion::kLower:
      return RegionMask(r, {Region::kBottom});
    case SwapRegion::kShoes:
      return RegionMask(r, {Region::kShoes});
    case SwapRegion::kHair:
      return RegionMask(r, {Region::kHair});
    case SwapRegion::kFace:
      // The jaw carries the hair beside it.
      return Union(RegionMask(r, {Region::kFace, Region::kHair}),
                   PartMask(r, {BodyPart::kRightHead, BodyPart::kLeftHead}));
    case SwapRegion::kSkin:
      return RegionMask(r, {Region::kSkin, Region::kFace});
    case SwapRegion::kBackground:
      return RegionMask(r, {Region::kBackground});
  }
  return Image(r.regions.height, r.regions.width, 1);
}

}  // namespace

Person Swap(const Person& base, const Person& donor, SwapRegions regions) {
  Person out = base;
  Look& look = out.look;
  const Look& from = donor.look;
  const bool upper = regions.Has(SwapRegion::kUpper), lower = regions.Has(SwapRegion::kLower);
  if (upper) {
    look.top = from.top;
    look.jacket = from.jacket;
  }
  if (lower) look.bottom = from.bottom;
  if (upper != lower) {
    if (IsDress(look)) look.bottom.kind = BottomKind::kSkirt;
    if (IsDress(upper ? from : base.look)) look.top.hem = kPartedHem;
  }
  if (regions.Has(SwapRegion::kShoes)) look.shoes = from.shoes;
  if (regions.Has(SwapRegion::kHair)) look.hair = from.hair;
  if (regions.Has(SwapRegion::kFace)) SwapFace(from.face, look.face);
  if (regions.Has(SwapRegion::kSkin)) look.skin = from.skin;
  look.face.lip_tint = LipTint(look.skin, look.face.lip_colour);
  return out;
}

Scene Swap(const Scene& base, const Scene& donor, SwapRegions regions) {
  Scene out = base;
  if (regions.Has(SwapRegion::kBackground)) out.background = donor.background;
  return out;
}

Image SwapMask(const Rendering& before, const Rendering& after, SwapRegions regions) {
  Image mask(before.regions.height, before.regions.width, 1);
  for (int i = 0; i < kSwapRegionCount; ++i) {
    const auto region = static_cast<SwapRegion>(i);
    if (!regions.Has(region)) continue;
    mask = Union(mask, Union(MaskOf(before, region), MaskOf(after, region)));
  }
  return mask;
}

SwapRendering RenderSwap(const Body& body, const Person& base, const Person& donor,
                         const Scene& donor_scene, SwapRegions regions, const Pose& pose,
                         const View& view, RenderOptions options) {
  SwapRendering out;
  out.before = Render(body, base, pose, view, options);
  View edited = view;
  edited.scene = Swap(view.scene, donor_scene, regions);
  options.framed_for = &base;
  out.after = Render(body, Swap(base, donor, regions), pose, edited, options);
  out.mask = SwapMask(out.before, out.after, regions);
  for (size_t i = 0; i < out.mask.data.size(); ++i) {
    const uint8_t* was = &out.before.rgb.data[i * 3];
    if (!std::equal(was, was + 3, &out.after.rgb.data[i * 3])) out.mask.data[i] = 255;
  }
  return out;
}

}  // namespace atelier::people
