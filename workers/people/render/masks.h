// Masks of what a rendering shows: one channel, 255 = yes, 0 = no.
#pragma once

#include <array>
#include <initializer_list>
#include <string_view>

#include "people/render/render.h"

namespace atelier::people {

/// Names of Region values, in their order.
inline constexpr std::array<std::string_view, kRegionCount> kRegionNames = {
    "background", "skin", "face", "hair", "top", "bottom", "shoes", "jacket"};

/// Where the picture shows any of `regions`.
Image RegionMask(const Rendering& rendering, std::initializer_list<Region> regions);

/// Where the body under the clothes shows one of `parts`.
Image PartMask(const Rendering& rendering, std::initializer_list<BodyPart> parts);

/// Where either is 255. REQUIRES: the same size.
Image Union(const Image& a, const Image& b);

/// The mask and everything within `pixels` of it along both axes.
Image Grown(const Image& mask, int pixels);

}  // namespace atelier::people
