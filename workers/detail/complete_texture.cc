#include "detail/complete_texture.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "people/body/raster.h"

namespace atelier::detail {
namespace {

using people::Vec3;

/// Texels between the places of a triangle that are looked up.
constexpr float kStep = .7f;
/// Places along an edge, at most; triangles across a chart's border are given as many.
constexpr int kMostSteps = 8;

/// How many steps along a triangle's edges leave no texel out.
int StepsOf(const std::array<people::Iuv, 3>& corners, int tile) {
  float longest = 0;
  for (size_t i = 0; i < 3; ++i) {
    const people::Iuv &a = corners[i], &b = corners[(i + 1) % 3];
    if (a.part != b.part) return kMostSteps;
    longest = std::max({longest, std::fabs(a.u - b.u), std::fabs(a.v - b.v)});
  }
  const auto steps = static_cast<int>(std::ceil(longest * static_cast<float>(tile) / kStep));
  return std::clamp(steps, 1, kMostSteps);
}

struct Texel {
  int row = 0;
  int column = 0;
};

/// Where a place of a chart lies in the atlas, as engine/texture/texture_map.h says.
Texel TexelOf(const people::Iuv& place, int tile) {
  const auto u = static_cast<int>(place.u * 255 + .5f), v = static_cast<int>(place.v * 255 + .5f);
  const int part = place.part - 1;
  return {(part / engine::kAtlasColumns) * tile + ((255 - v) * (tile - 1) + 127) / 255,
          (part % engine::kAtlasColumns) * tile + (u * (tile - 1) + 127) / 255};
}

}  // namespace

engine::TextureMap CompleteTexture(engine::TextureMap texture, const people::Body& body,
                                   const people::SurfaceColours& surface) {
  const int tile = texture.colours.height / engine::kAtlasRows;
  std::vector<Vec3> sums(texture.validity.data.size());
  std::vector<float> counts(sums.size(), 0);
  const auto& attributes = body.attributes();
  for (const people::Triangle& t : body.skin()) {
    const auto a = static_cast<size_t>(t[0]), b = static_cast<size_t>(t[1]),
               c = static_cast<size_t>(t[2]);
    const int steps = StepsOf({body.chart().At(attributes[a]), body.chart().At(attributes[b]),
                               body.chart().At(attributes[c])},
                              tile);
    for (int i = 0; i <= steps; ++i) {
      for (int j = 0; i + j <= steps; ++j) {
        const people::Barycentric w{static_cast<float>(i) / static_cast<float>(steps),
                                    static_cast<float>(j) / static_cast<float>(steps)};
        const people::Iuv place =
            body.chart().At(Interpolate(attributes[a], attributes[b], attributes[c], w));
        if (place.part == 0 || (people::IsHead(place.part) && !surface.has_face)) continue;
        const Texel texel = TexelOf(place, tile);
        const size_t at =
            static_cast<size_t>(texel.row) * static_cast<size_t>(texture.validity.width) +
            static_cast<size_t>(texel.column);
        sums[at] += surface.colours[a] * (1 - w.b - w.c) + surface.colours[b] * w.b +
                    surface.colours[c] * w.c;
        ++counts[at];
      }
    }
  }
  for (size_t i = 0; i < sums.size(); ++i) {
    if (texture.validity.data[i] == engine::kTexelSeen || counts[i] == 0) continue;
    const Vec3 colour = sums[i] * (1 / counts[i]);
    uint8_t* texel = &texture.colours.data[3 * i];
    texel[0] = static_cast<uint8_t>(colour.x + .5f);
    texel[1] = static_cast<uint8_t>(colour.y + .5f);
    texel[2] = static_cast<uint8_t>(colour.z + .5f);
    texture.validity.data[i] = engine::kTexelSeen;
  }
  return texture;
}

}  // namespace atelier::detail
