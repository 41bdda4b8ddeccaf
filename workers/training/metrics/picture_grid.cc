#include "training/metrics/picture_grid.h"

#include <algorithm>
#include <cstring>

namespace atelier::training {

Image Grid(const std::vector<std::vector<Image>>& rows) {
  int height = 0, width = 0;
  for (const auto& row : rows) {
    int row_height = 0, row_width = 0;
    for (const Image& cell : row) {
      row_height = std::max(row_height, cell.height);
      row_width += cell.width;
    }
    height += row_height;
    width = std::max(width, row_width);
  }
  Image grid(height, width, 3);
  int top = 0;
  for (const auto& row : rows) {
    int left = 0, row_height = 0;
    for (const Image& cell : row) {
      for (int y = 0; y < cell.height; ++y)
        std::memcpy(grid.at(top + y, left), cell.at(y, 0), static_cast<size_t>(cell.width) * 3);
      left += cell.width;
      row_height = std::max(row_height, cell.height);
    }
    top += row_height;
  }
  return grid;
}

Image ShowIuv(const Image& iuv) {
  Image shown(iuv.height, iuv.width, 3);
  for (int y = 0; y < iuv.height; ++y) {
    for (int x = 0; x < iuv.width; ++x) {
      const uint8_t* pixel = iuv.at(y, x);
      if (pixel[0] == 0) continue;
      uint8_t* out = shown.at(y, x);
      out[0] = static_cast<uint8_t>(pixel[0] * 10);
      out[1] = pixel[1];
      out[2] = pixel[2];
    }
  }
  return shown;
}

}  // namespace atelier::training
