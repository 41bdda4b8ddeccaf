// Swaps between two people: the exact answer to an edit, which no photograph can give.
//
//   SwapRendering r = RenderSwap(body, ada, ben, wall, {SwapRegion::kUpper}, pose, view);
//   // r.before: ada; r.after: ada in ben's top; r.mask: what has to be repainted
//
// A region is the look and cut of what is worn or grown there, not the body under it. A swapped
// garment hangs on the base person's body, a swapped face sits on their skull and takes their skin.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <string_view>

#include "people/render/render.h"

namespace atelier::people {

enum class SwapRegion : uint8_t {
  kUpper,       // top and jacket (or their absence)
  kLower,       // trousers, shorts or skirt
  kShoes,       //
  kHair,        // of the scalp; brows and beard belong to the face
  kFace,        // features, brows, beard, eyewear; not the height of the forehead, which moves hair
  kSkin,        // colour, lips included
  kBackground,  // the wall; the light stays
};
inline constexpr int kSwapRegionCount = 7;
inline constexpr std::array<std::string_view, kSwapRegionCount> kSwapRegionNames = {
    "upper", "lower", "shoes", "hair", "face", "skin", "background"};

class SwapRegions {
 public:
  constexpr SwapRegions(std::initializer_list<SwapRegion> regions) {
    for (const SwapRegion region : regions) bits_ |= 1u << static_cast<unsigned>(region);
  }
  constexpr bool Has(SwapRegion region) const {
    return (bits_ >> static_cast<unsigned>(region) & 1u) != 0;
  }

 private:
  unsigned bits_ = 0;
};

/// `base` with the donor's regions. A dress is one garment: of a dress parted by a swap, the upper
/// half is a top of its fabric and the lower half a skirt of it.
Person Swap(const Person& base, const Person& donor, SwapRegions regions);

/// `base` with the donor's wall where kBackground is swapped.
Scene Swap(const Scene& base, const Scene& donor, SwapRegions regions);

/// Where the regions are in either picture. A swap changes pixels here, and in the few around that
/// its edges and its contact shade reach; hardly ever further: wall seen through a slit, scalp
/// through hair, and looser trousers lift what hangs over them.
Image SwapMask(const Rendering& before, const Rendering& after, SwapRegions regions);

struct SwapRendering {
  Rendering before;
  Rendering after;
  /// SwapMask() and every pixel that differs: what an edit has to repaint. All else is the same,
  /// byte for byte.
  Image mask;
};

/// Both pictures in one framing, `view`'s scene and `donor_scene`'s wall where it is swapped.
SwapRendering RenderSwap(const Body& body, const Person& base, const Person& donor,
                         const Scene& donor_scene, SwapRegions regions, const Pose& pose,
                         const View& view, RenderOptions options = {});

}  // namespace atelier::people
