#include "perception/texture/published_texture.h"

#include <algorithm>
#include <cstdint>
#include <opencv2/imgproc.hpp>
#include <string>
#include <utility>
#include <vector>

#include "base/body.h"
#include "engine/texture/texture_map.h"
#include "imaging/picture_codec.h"
#include "imaging/view_of.h"
#include "perception/texture/telea.h"
#include "picture/picture_header.h"
#include "system/input_file.h"

namespace atelier::perception {
namespace {

constexpr int kTile = kPublishedTile;
constexpr int kChartRows = 6;
constexpr int kChartColumns = 4;
constexpr int kSmplSize = 512;
constexpr int kDilation = 10;
constexpr int kFillRadius = 3;

struct Place {
  int row = 0, column = 0;
};

/// Where a texel of part `part` (1..24) lies in our atlas.
Place InAtlas(int part, int row, int column) {
  return {(part - 1) / engine::kAtlasColumns * kTile + row,
          (part - 1) % engine::kAtlasColumns * kTile + column};
}

bool HasTexels(const Image& charts, int part, int row, int column) {
  if (charts.empty()) return true;
  return *charts.at((part - 1) % kChartRows * kTile + row,
                    (part - 1) / kChartRows * kTile + column) > 0;
}

std::vector<Image> Scatter(const Image& picture, const Image& iuv) {
  std::vector<Image> tiles(kBodyPartCount, Image(kTile, kTile, 3));
  for (int y = 0; y < iuv.height; ++y) {
    for (int x = 0; x < iuv.width; ++x) {
      const uint8_t* code = iuv.at(y, x);
      if (code[0] < 1 || code[0] > kBodyPartCount) continue;
      const int row = (255 - code[2]) * (kTile - 1) / 255;
      const int column = code[1] * (kTile - 1) / 255;
      const uint8_t* pixel = picture.at(y, x);
      std::copy(pixel, pixel + 3, tiles[code[0] - 1].at(row, column));
    }
  }
  return tiles;
}

/// Colours to 8 bits stretched over [low, high] and back, cut to whole numbers as the published
/// code does on both sides of the filling. REQUIRES: low < high.
struct Stretch {
  double low, range;
  uint8_t There(uint8_t value) const { return static_cast<uint8_t>((value - low) / range * 255.0); }
  uint8_t Back(uint8_t value) const { return static_cast<uint8_t>(value / 255.0 * range + low); }
};

/// Of a tile, one channel: 1 where a pixel fell that is not black.
Image ValidOf(const Image& tile) {
  Image valid(kTile, kTile, 1);
  for (size_t i = 0; i < valid.data.size(); ++i) {
    const uint8_t* texel = &tile.data[3 * i];
    valid.data[i] = texel[0] != 0 || texel[1] != 0 || texel[2] != 0;
  }
  return valid;
}

Image Dilated(const Image& mask) {
  Image near(mask.height, mask.width, 1);
  const cv::Mat in = imaging::ViewOf(mask);
  cv::Mat out = imaging::ViewOf(near);
  cv::dilate(in, out, cv::Mat::ones(kDilation, kDilation, CV_8UC1));
  return near;
}

/// Fills the holes of one part's tile.
Image FillHoles(Image tile, const Image& charts, int part) {
  const auto [low, high] = std::minmax_element(tile.data.begin(), tile.data.end());
  if (*low == *high) return tile;
  const Stretch stretch{static_cast<double>(*low), static_cast<double>(*high - *low)};
  const Image valid = ValidOf(tile);
  Image holes(kTile, kTile, 1);
  for (int row = 0; row < kTile; ++row)
    for (int column = 0; column < kTile; ++column)
      *holes.at(row, column) = *valid.at(row, column) == 0 && HasTexels(charts, part, row, column);

  for (uint8_t& value : tile.data) value = stretch.There(value);
  tile = FillTelea(std::move(tile), holes, kFillRadius);
  const Image near = Dilated(valid);
  for (size_t i = 0; i < tile.data.size(); ++i)
    tile.data[i] = near.data[i / 3] ? stretch.Back(tile.data[i]) : 0;
  return tile;
}

Result<Image> ReadPicture(const std::filesystem::path& path, const char* field) {
  ATELIER_ASSIGN_OR_RETURN(const std::string bytes, ReadWhole(path, field, kMaxPictureBytes));
  return imaging::DecodePicture(bytes, field);
}

Status CheckSize(const Image& image, int height, int width, const char* field) {
  if (image.height == height && image.width == width) return {};
  return InvalidField(field,
                      "a picture of " + std::to_string(width) + " x " + std::to_string(height),
                      std::to_string(image.width) + " x " + std::to_string(image.height));
}

}  // namespace

Result<PublishedLayout> PublishedLayout::Load(const std::filesystem::path& charts,
                                              const std::filesystem::path& smpl) {
  PublishedLayout layout;
  if (!charts.empty()) {
    // Grey: any channel is as good as the others.
    ATELIER_ASSIGN_OR_RETURN(const Image picture, ReadPicture(charts, "charts"));
    ATELIER_RETURN_IF_ERROR(
        CheckSize(picture, kChartRows * kTile, kChartColumns * kTile, "charts"));
    layout.charts = Image(picture.height, picture.width, 1);
    for (size_t i = 0; i < layout.charts.data.size(); ++i)
      layout.charts.data[i] = picture.data[3 * i];
  }
  ATELIER_ASSIGN_OR_RETURN(layout.smpl, ReadPicture(smpl, "smpl"));
  ATELIER_RETURN_IF_ERROR(CheckSize(layout.smpl, kSmplSize, kSmplSize, "smpl"));
  for (size_t i = 0; i < layout.smpl.data.size(); i += 3) {
    const uint8_t* entry = &layout.smpl.data[i];
    if (entry[0] <= kBodyPartCount && entry[1] < kTile && entry[2] < kTile) continue;
    return InvalidField("smpl", "parts 0..24, columns and rows 0..199",
                        std::to_string(entry[0]) + ", " + std::to_string(entry[1]) + ", " +
                            std::to_string(entry[2]) + " at pixel " + std::to_string(i / 3));
  }
  return layout;
}

Image PublishedAtlas(const Image& picture, const Image& iuv, const Image& charts) {
  std::vector<Image> tiles = Scatter(picture, iuv);
  Image atlas(engine::kAtlasRows * kTile, engine::kAtlasColumns * kTile, 3);
  for (int part = 1; part <= kBodyPartCount; ++part) {
    const Image tile = FillHoles(std::move(tiles[part - 1]), charts, part);
    for (int row = 0; row < kTile; ++row) {
      const uint8_t* texels = tile.at(row, 0);
      const Place place = InAtlas(part, row, 0);
      std::copy(texels, texels + 3 * kTile, atlas.at(place.row, place.column));
    }
  }
  return atlas;
}

Image PublishedTexture(const Image& atlas, const Image& smpl) {
  Image texture(smpl.height, smpl.width, 3);
  for (size_t i = 0; i < smpl.data.size(); i += 3) {
    const int part = smpl.data[i], column = smpl.data[i + 1], row = smpl.data[i + 2];
    if (part == 0) continue;
    const Place place = InAtlas(part, row, column);
    const uint8_t* texel = atlas.at(place.row, place.column);
    std::copy(texel, texel + 3, &texture.data[i]);
  }
  return texture;
}

}  // namespace atelier::perception
