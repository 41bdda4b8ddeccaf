#include "people/motion/film_cuts.h"

#include <algorithm>
#include <cmath>

namespace atelier::people {
namespace {

/// Grey levels that a cut changes the picture by at least, in the mean.
constexpr float kLeastChange = 9;
/// Over the second largest change of the frames around: the largest may be another cut's.
constexpr float kOverOthers = 2.5f;
/// Frames before and after that are compared.
constexpr int kAround = 3;

float ChangeBetween(const FrameLook& a, const FrameLook& b) {
  float sum = 0;
  for (size_t i = 0; i < a.size(); ++i) sum += std::abs(a[i] - b[i]);
  return sum / static_cast<float>(a.size());
}

}  // namespace

FrameLook LookOf(const Image& picture) {
  FrameLook look{};
  for (int row = 0; row < kLookRows; ++row) {
    const int top = picture.height * row / kLookRows;
    const int bottom = std::max(top + 1, picture.height * (row + 1) / kLookRows);
    for (int column = 0; column < kLookColumns; ++column) {
      const int left = picture.width * column / kLookColumns;
      const int right = std::max(left + 1, picture.width * (column + 1) / kLookColumns);
      std::array<double, 3> sum{};
      for (int y = top; y < std::min(bottom, picture.height); ++y) {
        for (int x = left; x < std::min(right, picture.width); ++x) {
          const uint8_t* pixel = picture.at(y, x);
          for (size_t c = 0; c < 3; ++c) sum[c] += pixel[c];
        }
      }
      const double pixels = std::max(1, (bottom - top) * (right - left));
      for (size_t c = 0; c < 3; ++c) {
        look[static_cast<size_t>(row * kLookColumns + column) * 3 + c] =
            static_cast<float>(sum[c] / pixels);
      }
    }
  }
  return look;
}

std::vector<int> FindCuts(const std::vector<FrameLook>& looks) {
  const int count = static_cast<int>(looks.size());
  std::vector<float> changes(looks.size(), 0);  // from the frame before
  for (int t = 1; t < count; ++t) {
    changes[static_cast<size_t>(t)] =
        ChangeBetween(looks[static_cast<size_t>(t) - 1], looks[static_cast<size_t>(t)]);
  }
  std::vector<int> cuts;
  for (int t = 1; t < count; ++t) {
    const float change = changes[static_cast<size_t>(t)];
    float largest = 0, second = 0;
    for (int near = std::max(1, t - kAround); near <= std::min(count - 1, t + kAround); ++near) {
      if (near == t) continue;
      const float other = changes[static_cast<size_t>(near)];
      second = std::max(second, std::min(largest, other));
      largest = std::max(largest, other);
    }
    if (change >= kLeastChange && change > kOverOthers * second) cuts.push_back(t);
  }
  return cuts;
}

}  // namespace atelier::people
