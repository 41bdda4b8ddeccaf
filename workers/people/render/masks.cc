#include "people/render/masks.h"

#include <algorithm>

namespace atelier::people {
namespace {

/// 255 where `picture`'s first channel is one of `values`.
template <typename Value>
Image Where(const Image& picture, std::initializer_list<Value> values) {
  std::array<uint8_t, 256> wanted{};
  for (const Value value : values) wanted[static_cast<size_t>(value)] = 255;
  Image mask(picture.height, picture.width, 1);
  const auto step = static_cast<size_t>(picture.channels);
  for (size_t i = 0; i < mask.data.size(); ++i) mask.data[i] = wanted[picture.data[i * step]];
  return mask;
}

}  // namespace

Image RegionMask(const Rendering& rendering, std::initializer_list<Region> regions) {
  return Where(rendering.regions, regions);
}

Image PartMask(const Rendering& rendering, std::initializer_list<BodyPart> parts) {
  return Where(rendering.iuv, parts);
}

Image Union(const Image& a, const Image& b) {
  Image out = a;
  for (size_t i = 0; i < out.data.size(); ++i) out.data[i] = std::max(a.data[i], b.data[i]);
  return out;
}

Image Grown(const Image& mask, int pixels) {
  Image across(mask.height, mask.width, 1);
  for (int y = 0; y < mask.height; ++y) {
    for (int x = 0; x < mask.width; ++x) {
      if (*mask.at(y, x) == 0) continue;
      const int left = std::max(0, x - pixels), right = std::min(mask.width - 1, x + pixels);
      std::fill(across.at(y, left), across.at(y, right) + 1, uint8_t{255});
    }
  }
  Image out(mask.height, mask.width, 1);
  for (int y = 0; y < mask.height; ++y) {
    for (int v = std::max(0, y - pixels); v <= std::min(mask.height - 1, y + pixels); ++v) {
      const uint8_t* from = across.at(y, 0);
      uint8_t* to = out.at(v, 0);
      for (int x = 0; x < mask.width; ++x) to[x] = std::max(to[x], from[x]);
    }
  }
  return out;
}

}  // namespace atelier::people
