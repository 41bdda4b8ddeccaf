// One part's tile of the texture atlas while it is being filled, and the push-pull pyramid that
// fills its holes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace atelier::engine {

struct Texel {
  float red = 0, green = 0, blue = 0;
  /// 1 where a pixel landed, 0 in a hole.
  float weight = 0;
};

struct Tile {
  Tile() = default;
  explicit Tile(int size)
      : size(size),
        texels(static_cast<size_t>(size) * size),
        validity(static_cast<size_t>(size) * size) {}

  Texel& at(int row, int column) { return texels[static_cast<size_t>(row) * size + column]; }
  const Texel& at(int row, int column) const {
    return texels[static_cast<size_t>(row) * size + column];
  }

  int size = 0;
  bool seen = false;
  std::vector<Texel> texels;
  std::vector<uint8_t> validity;
};

/// Gives every hole a smooth average of the texels around it; texels with weight 1 stay.
/// REQUIRES: at least one texel has weight 1.
void FillHoles(Tile& tile);

}  // namespace atelier::engine
