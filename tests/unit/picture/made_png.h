// PNG files of every kind that the format has, from their samples.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace atelier {

struct MadePng {
  int height = 0;
  int width = 0;
  int bit_depth = 8;
  /// IHDR's: 0 grey, 2 RGB, 3 palette, 4 grey and alpha, 6 RGBA.
  int colour_type = 2;
  bool interlaced = false;
  /// Row by row: the samples of each pixel, indices for a palette.
  std::vector<uint16_t> samples = {};
  /// PLTE's and tRNS's payload.
  std::string palette = {};
  std::string alphas = {};
};

/// Rows use the five filters in turn. REQUIRES: as many samples as the pixels have.
std::string MakePng(const MadePng& picture);

/// An 8-bit RGB picture of one colour.
std::string MakePngOf(int height, int width, uint8_t red, uint8_t green, uint8_t blue);

}  // namespace atelier
