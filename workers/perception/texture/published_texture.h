// The texture map as MCLD's published checkpoints were trained on it, hole filling included, pixel
// for pixel (the authors' TextureInterface.get_texture and uvtextureconverter 1.2.0's
// Atlas2Normal): 24 tiles of 200 pixels, then the 512x512 SMPL layout.
#pragma once

#include <filesystem>
#include <optional>

#include "base/image.h"
#include "base/result.h"

namespace atelier::perception {

/// Pixels of one tile of the published atlas.
inline constexpr int kPublishedTile = 200;

/// What the published preparation reads from files that come with the checkpoints.
struct PublishedLayout {
  /// Grey, [1200, 800]: where the 24 charts have texels at all, part p at row (p-1) % 6 and column
  /// (p-1) / 6. Empty: everywhere, so that holes are filled from the seen texels alone.
  Image charts;
  /// RGB, [512, 512]: for every pixel of the SMPL layout R = part 1..24 or 0 for none, G = column
  /// and B = row of the tile.
  Image smpl;

  /// `charts` may be empty. INVALID_ARGUMENT naming `charts` or `smpl` when a file is not there or
  /// is no such picture.
  static Result<PublishedLayout> Load(const std::filesystem::path& charts,
                                      const std::filesystem::path& smpl);
};

/// The atlas of `picture` (RGB) under `iuv` (same size), laid out as ours: 4 rows of 6 tiles.
///
/// Of each part: pixels fall on row (255 - V) * 199 / 255 and column U * 199 / 255, later ones in
/// raster order over earlier ones; empty texels of its chart are filled by OpenCV's Telea
/// (radius 3) and kept within a 10x10 dilation of the seen ones. Mirrored quirks: a black pixel
/// counts as empty; colours pass through 8 bits stretched over the part's own range (empty texels
/// counting as 0). One is not: a part that is black all over stays black (0 / 0 there).
Image PublishedAtlas(const Image& picture, const Image& iuv, const Image& charts);

/// The SMPL layout of an atlas of kPublishedTile; black where no part lies.
/// REQUIRES: `smpl` as in PublishedLayout.
Image PublishedTexture(const Image& atlas, const Image& smpl);

}  // namespace atelier::perception
