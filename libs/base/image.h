// Image: 8-bit pixels as plain data, the one picture type that crosses library borders.
//
// Row-major, interleaved, no padding: data[(y * width + x) * channels + c]. Colour pictures are
// RGB. An IUV picture has channels (I, U, V): I = DensePose part 0..24 (0 = background), U and V =
// 0..255 inside the part's chart.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace atelier {

struct Image {
  int height = 0;
  int width = 0;
  int channels = 0;
  std::vector<uint8_t> data;

  Image() = default;
  Image(int height, int width, int channels, uint8_t value = 0)
      : height(height),
        width(width),
        channels(channels),
        data(static_cast<size_t>(height) * width * channels, value) {}

  bool empty() const { return data.empty(); }
  uint8_t* at(int y, int x) { return &data[(static_cast<size_t>(y) * width + x) * channels]; }
  const uint8_t* at(int y, int x) const {
    return &data[(static_cast<size_t>(y) * width + x) * channels];
  }
  bool operator==(const Image&) const = default;
};

}  // namespace atelier
