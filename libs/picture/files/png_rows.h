// The samples of a PNG file, row by row: the picture is never in memory as a whole.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

namespace atelier {

/// What IHDR and the palette say of a PNG's samples.
struct PngFormat {
  int height = 0;
  int width = 0;
  /// Of a sample as it is delivered: a palette's colours have 8.
  int bit_depth = 8;
  /// Samples of a pixel: 1 grey, 2 grey and alpha, 3 RGB, 4 RGBA.
  int channels = 0;
};

/// Nothing when the first chunk is no IHDR of a format that exists. Takes any bytes.
std::optional<PngFormat> ReadPngFormat(std::string_view png);

/// Every x_step-th pixel of the row `y`, from `x` on: all of them, or an interlaced file's pass.
struct PngRow {
  int y = 0;
  int x = 0;
  int x_step = 1;
  /// `channels` of each pixel, as they are stored; a palette's colours in place of its indices.
  std::span<const uint16_t> samples;
};

/// Calls `on_row` for every row of every pass. The error says what is wrong with the file; rows may
/// have been delivered before. Takes any bytes; time grows with the sides that IHDR states, which
/// the caller has limited.
tl::expected<void, std::string> ReadPngRows(std::string_view png,
                                            const std::function<void(const PngRow&)>& on_row);

}  // namespace atelier
