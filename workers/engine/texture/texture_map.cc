#include "engine/texture/texture_map.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/body.h"
#include "engine/texture/tile_pyramid.h"

namespace atelier::engine {
namespace {

/// With fewer pixels than this away from the background, a part keeps its border pixels.
constexpr int kMinInnerPixels = 12;

using Tiles = std::array<Tile, kBodyPartCount + 1>;

bool TouchesBackground(const Image& iuv, int y, int x) {
  return (y > 0 && iuv.at(y - 1, x)[0] == 0) || (x > 0 && iuv.at(y, x - 1)[0] == 0) ||
         (y + 1 < iuv.height && iuv.at(y + 1, x)[0] == 0) ||
         (x + 1 < iuv.width && iuv.at(y, x + 1)[0] == 0);
}

/// Scatters the picture's pixels into the tiles, later ones in raster order over earlier ones.
/// Pixels beside the background carry some of its colour, so a part that can do without them does.
void Scatter(const Image& picture, const Image& iuv, Tiles& tiles) {
  std::array<int, kBodyPartCount + 1> inner = {};
  std::vector<uint8_t> border(static_cast<size_t>(iuv.height) * iuv.width, 0);
  for (int y = 0; y < iuv.height; ++y) {
    for (int x = 0; x < iuv.width; ++x) {
      const int part = iuv.at(y, x)[0];
      if (part < 1 || part > kBodyPartCount) continue;
      const bool touches = TouchesBackground(iuv, y, x);
      border[static_cast<size_t>(y) * iuv.width + x] = touches;
      inner[part] += !touches;
    }
  }
  const int size = tiles[1].size;
  for (int y = 0; y < iuv.height; ++y) {
    for (int x = 0; x < iuv.width; ++x) {
      const uint8_t* code = iuv.at(y, x);
      const int part = code[0];
      if (part < 1 || part > kBodyPartCount) continue;
      if (inner[part] >= kMinInnerPixels && border[static_cast<size_t>(y) * iuv.width + x])
        continue;
      const int column = (code[1] * (size - 1) + 127) / 255;
      const int row = ((255 - code[2]) * (size - 1) + 127) / 255;
      const uint8_t* pixel = picture.at(y, x);
      Texel& texel = tiles[part].at(row, column);
      texel = {static_cast<float>(pixel[0]), static_cast<float>(pixel[1]),
               static_cast<float>(pixel[2]), 1.0f};
      tiles[part].seen = true;
    }
  }
}

/// out[i] = any (or every, `all`) of `in` within `radius`, along rows and columns of a square; what
/// lies outside is neutral.
void Spread(std::vector<uint8_t>& mask, int size, int radius, bool all) {
  std::vector<uint8_t> line(size);
  for (int pass = 0; pass < 2; ++pass) {
    const int along = pass == 0 ? 1 : size;
    const int across = pass == 0 ? size : 1;
    for (int i = 0; i < size; ++i) {
      uint8_t* begin = &mask[static_cast<size_t>(i) * across];
      for (int j = 0; j < size; ++j) line[j] = begin[static_cast<size_t>(j) * along];
      int last = -size;  // the latest index whose value decides (1 for any, 0 for all)
      int ahead = 0;
      for (int j = 0; j < size; ++j) {
        for (; ahead < size && ahead <= j + radius; ++ahead) {
          if ((line[ahead] != 0) != all) last = ahead;
        }
        // The window is [j - radius, j + radius]; `last` is the rightmost decisive index in it.
        const bool decided = last >= j - radius;
        begin[static_cast<size_t>(j) * along] = decided != all;
      }
    }
  }
}

/// 255 where seen (gaps of a texel or two that the picture's resolution left are closed), 128 close
/// to it, 51 elsewhere.
void MarkValidity(Tile& tile) {
  const int size = tile.size;
  std::vector<uint8_t> closed(tile.texels.size());
  for (size_t i = 0; i < closed.size(); ++i) closed[i] = tile.texels[i].weight > 0;
  const int gap = std::max(size / 24, 1);
  Spread(closed, size, gap, false);
  Spread(closed, size, gap, true);
  std::vector<uint8_t> near = closed;
  Spread(near, size, std::max(size / 12, 1), false);
  for (size_t i = 0; i < closed.size(); ++i) {
    tile.validity[i] = closed[i] ? kTexelSeen : near[i] ? kTexelNear : kTexelGuessed;
  }
}

/// The mirrored twin seen from the other side: flipped in U.
void CopyFlipped(const Tile& from, Tile& to) {
  for (int row = 0; row < to.size; ++row) {
    for (int column = 0; column < to.size; ++column) {
      const size_t source = static_cast<size_t>(row) * to.size + (to.size - 1 - column);
      const size_t target = static_cast<size_t>(row) * to.size + column;
      to.texels[target] = from.texels[source];
      to.validity[target] = std::min(from.validity[source], kTexelNear);
    }
  }
}

/// Front and back share the run of colours along a limb (V) but not what is across it (U).
void CopyRowMeans(const Tile& from, Tile& to) {
  for (int row = 0; row < to.size; ++row) {
    Texel mean;
    for (int column = 0; column < to.size; ++column) {
      const Texel& texel = from.at(row, column);
      const float weight =
          from.validity[static_cast<size_t>(row) * to.size + column] == kTexelSeen ? 1.0f : 0.05f;
      mean.red += weight * texel.red;
      mean.green += weight * texel.green;
      mean.blue += weight * texel.blue;
      mean.weight += weight;
    }
    mean = {mean.red / mean.weight, mean.green / mean.weight, mean.blue / mean.weight, 1.0f};
    for (int column = 0; column < to.size; ++column) {
      to.at(row, column) = mean;
      to.validity[static_cast<size_t>(row) * to.size + column] = kTexelGuessed;
    }
  }
}

void FillUnseen(Tiles& tiles) {
  for (int part = 1; part <= kBodyPartCount; ++part) {
    if (tiles[part].seen) continue;
    const BodyPartInfo& info = InfoOf(static_cast<BodyPart>(part));
    const Tile& twin = tiles[static_cast<int>(info.mirror)];
    const Tile& opposite = tiles[static_cast<int>(info.opposite)];
    const Tile& opposite_twin = tiles[static_cast<int>(InfoOf(info.opposite).mirror)];
    if (twin.seen) {
      CopyFlipped(twin, tiles[part]);
    } else if (opposite.seen) {
      CopyRowMeans(opposite, tiles[part]);
    } else if (opposite_twin.seen) {
      CopyRowMeans(opposite_twin, tiles[part]);
    }
  }
}

uint8_t ToByte(float value) { return static_cast<uint8_t>(std::clamp(value, 0.0f, 255.0f) + 0.5f); }

}  // namespace

TextureMap ExtractTextureMap(const Image& picture, const Image& iuv, int tile) {
  Tiles tiles;
  tiles.fill(Tile(tile));
  Scatter(picture, iuv, tiles);
  for (Tile& part : tiles) {
    if (!part.seen) continue;
    MarkValidity(part);
    FillHoles(part);
  }
  FillUnseen(tiles);

  TextureMap map{Image(kAtlasRows * tile, kAtlasColumns * tile, 3),
                 Image(kAtlasRows * tile, kAtlasColumns * tile, 1)};
  for (int part = 1; part <= kBodyPartCount; ++part) {
    const int top = (part - 1) / kAtlasColumns * tile;
    const int left = (part - 1) % kAtlasColumns * tile;
    for (int row = 0; row < tile; ++row) {
      uint8_t* colour = map.colours.at(top + row, left);
      uint8_t* validity = map.validity.at(top + row, left);
      for (int column = 0; column < tile; ++column, colour += 3) {
        const Texel& texel = tiles[part].at(row, column);
        colour[0] = ToByte(texel.red);
        colour[1] = ToByte(texel.green);
        colour[2] = ToByte(texel.blue);
        validity[column] = tiles[part].validity[static_cast<size_t>(row) * tile + column];
      }
    }
  }
  return map;
}

Image ValidityOfTexture(const Image& texture_map) {
  Image validity(texture_map.height, texture_map.width, 1);
  for (size_t i = 0; i < validity.data.size(); ++i) {
    const uint8_t* pixel = &texture_map.data[3 * i];
    validity.data[i] = (pixel[0] | pixel[1] | pixel[2]) != 0 ? 255 : 0;
  }
  return validity;
}

WarpedTexture WarpTexture(const TextureMap& texture, const Image& iuv,
                          const uint8_t background[3]) {
  WarpedTexture out{Image(iuv.height, iuv.width, 3), Image(iuv.height, iuv.width, 1)};
  const int tile = texture.colours.height / kAtlasRows;
  for (int y = 0; y < iuv.height; ++y) {
    for (int x = 0; x < iuv.width; ++x) {
      const uint8_t* code = iuv.at(y, x);
      uint8_t* colour = out.colours.at(y, x);
      const int part = code[0];
      if (part < 1 || part > kBodyPartCount) {
        std::copy(background, background + 3, colour);
        continue;
      }
      const int top = (part - 1) / kAtlasColumns * tile;
      const int left = (part - 1) % kAtlasColumns * tile;
      // Positions in 1/255 texel: whole + fraction / 255.
      const int column = code[1] * (tile - 1);
      const int row = (255 - code[2]) * (tile - 1);
      const int right = column % 255, down = row % 255;
      const int x0 = left + column / 255, x1 = right ? x0 + 1 : x0;
      const int y0 = top + row / 255, y1 = down ? y0 + 1 : y0;
      const int w00 = (255 - right) * (255 - down), w01 = right * (255 - down);
      const int w10 = (255 - right) * down, w11 = right * down;
      const auto blend = [&](const Image& image, int c) {
        const int sum = w00 * image.at(y0, x0)[c] + w01 * image.at(y0, x1)[c] +
                        w10 * image.at(y1, x0)[c] + w11 * image.at(y1, x1)[c];
        return static_cast<uint8_t>((sum + 255 * 255 / 2) / (255 * 255));
      };
      for (int c = 0; c < 3; ++c) colour[c] = blend(texture.colours, c);
      *out.validity.at(y, x) = blend(texture.validity, 0);
    }
  }
  return out;
}

std::array<uint8_t, 3> FrameColour(const Image& picture) {
  std::array<uint8_t, 3> median{};
  for (int c = 0; c < 3; ++c) {
    std::vector<uint8_t> values;
    for (int y = 0; y < picture.height; ++y) {
      const bool whole_row = y < kFramePixels || y >= picture.height - kFramePixels;
      for (int x = 0; x < picture.width; ++x)
        if (whole_row || x < kFramePixels || x >= picture.width - kFramePixels)
          values.push_back(picture.at(y, x)[c]);
    }
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    median[c] = *middle;
  }
  return median;
}

}  // namespace atelier::engine
