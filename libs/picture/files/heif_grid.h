// A HEIC picture that is coded as tiles, as telephones do: each tile can be decoded alone, so that
// the whole picture need never be in memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace atelier {

struct HeifGrid {
  /// Of the picture, before it is turned. The last tiles may reach over it.
  int height = 0;
  int width = 0;
  int tile_height = 0;
  int tile_width = 0;
  int columns = 0;
  /// The items of the tiles, row by row.
  std::vector<uint32_t> tiles;
  /// How often the picture is turned by 90 degrees counter-clockwise.
  int quarter_turns = 0;
};

/// The tiles of a HEIC file's picture. Nothing when it is coded in one piece, or when more than
/// tiles and turning makes up the picture: transparency, a clean aperture, mirroring, tiles of
/// several sizes. REQUIRES: IsWholeHeif() took it.
std::optional<HeifGrid> ReadHeifGrid(std::string_view file);

/// Makes `item` the primary picture of a HEIC file, in place. REQUIRES: as above; the file has the
/// item, and its number is not larger than the present one's field holds.
void SetHeifPrimary(uint32_t item, std::string& file);

}  // namespace atelier
