#include "training/batch.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace atelier::training {

at::Tensor ToBatch(const std::vector<const Image*>& pictures) {
  const Image& first = *pictures.front();
  const auto count = static_cast<int64_t>(pictures.size());
  at::Tensor bytes = at::empty({count, first.height, first.width, first.channels}, at::kByte);
  for (int64_t i = 0; i < count; ++i)
    std::memcpy(bytes[i].data_ptr(), pictures[i]->data.data(), pictures[i]->data.size());
  return bytes.permute({0, 3, 1, 2}).contiguous().to(at::kFloat).div_(255);
}

Image ToImage(const at::Tensor& picture) {
  const at::Tensor bytes = picture.detach()
                               .to(at::kCPU, at::kFloat)
                               .clamp(0, 1)
                               .mul(255)
                               .round()
                               .to(at::kByte)
                               .permute({1, 2, 0})
                               .contiguous();
  Image image(static_cast<int>(bytes.size(0)), static_cast<int>(bytes.size(1)),
              static_cast<int>(bytes.size(2)));
  std::memcpy(image.data.data(), bytes.data_ptr(), image.data.size());
  return image;
}

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

double Psnr(const Image& a, const Image& b, const Image* mask) {
  double sum = 0;
  int64_t count = 0;
  for (int y = 0; y < a.height; ++y) {
    for (int x = 0; x < a.width; ++x) {
      if (mask != nullptr && *mask->at(y, x) == 0) continue;
      for (int c = 0; c < 3; ++c) {
        const double difference = double(a.at(y, x)[c]) - double(b.at(y, x)[c]);
        sum += difference * difference;
        ++count;
      }
    }
  }
  if (count == 0 || sum == 0) return 99.0;
  return 10.0 * std::log10(255.0 * 255.0 * count / sum);
}

}  // namespace atelier::training
