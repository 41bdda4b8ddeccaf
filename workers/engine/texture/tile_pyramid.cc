#include "engine/texture/tile_pyramid.h"

#include <algorithm>

namespace atelier::engine {
namespace {

/// Half the size: each texel is the weighted mean of four, its weight their sum up to 1.
Tile Halve(const Tile& fine) {
  Tile coarse((fine.size + 1) / 2);
  for (int row = 0; row < fine.size; ++row) {
    for (int column = 0; column < fine.size; ++column) {
      const Texel& from = fine.at(row, column);
      Texel& to = coarse.at(row / 2, column / 2);
      to.red += from.weight * from.red;
      to.green += from.weight * from.green;
      to.blue += from.weight * from.blue;
      to.weight += from.weight;
    }
  }
  for (Texel& texel : coarse.texels) {
    if (texel.weight <= 0) continue;
    texel.red /= texel.weight;
    texel.green /= texel.weight;
    texel.blue /= texel.weight;
    texel.weight = std::min(texel.weight, 1.0f);
  }
  return coarse;
}

/// Bilinear value of the full `coarse` at the middle of the fine texel (row, column).
Texel Between(const Tile& coarse, int row, int column) {
  const auto clamp = [&](int i) { return std::clamp(i, 0, coarse.size - 1); };
  // A fine texel's middle lies a quarter of a coarse texel from the middle of its own.
  const int y0 = row / 2, y1 = clamp(row % 2 ? y0 + 1 : y0 - 1);
  const int x0 = column / 2, x1 = clamp(column % 2 ? x0 + 1 : x0 - 1);
  const Texel &a = coarse.at(y0, x0), &b = coarse.at(y0, x1), &c = coarse.at(y1, x0),
              &d = coarse.at(y1, x1);
  constexpr float kOwn = 0.5625f, kSide = 0.1875f, kCorner = 0.0625f;
  return {kOwn * a.red + kSide * (b.red + c.red) + kCorner * d.red,
          kOwn * a.green + kSide * (b.green + c.green) + kCorner * d.green,
          kOwn * a.blue + kSide * (b.blue + c.blue) + kCorner * d.blue, 1.0f};
}

}  // namespace

void FillHoles(Tile& tile) {
  if (tile.size <= 1) return;
  Tile coarse = Halve(tile);
  FillHoles(coarse);
  for (int row = 0; row < tile.size; ++row) {
    for (int column = 0; column < tile.size; ++column) {
      Texel& texel = tile.at(row, column);
      if (texel.weight >= 1) continue;
      const Texel fill = Between(coarse, row, column);
      const float own = texel.weight;
      texel = {own * texel.red + (1 - own) * fill.red, own * texel.green + (1 - own) * fill.green,
               own * texel.blue + (1 - own) * fill.blue, 1.0f};
    }
  }
}

}  // namespace atelier::engine
