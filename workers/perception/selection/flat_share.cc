#include "perception/selection/flat_share.h"

#include <cstdlib>
#include <vector>

namespace atelier::perception {
namespace {

/// Of four times the difference from the neighbours' mean, in thirds of grey levels.
constexpr int kFlat = 1;

}  // namespace

double FlatShare(const Image& picture) {
  if (picture.height < 3 || picture.width < 3) return 0;
  std::vector<int> sums(picture.data.size() / 3);
  for (size_t i = 0; i < sums.size(); ++i) {
    sums[i] = picture.data[3 * i] + picture.data[3 * i + 1] + picture.data[3 * i + 2];
  }
  const auto width = static_cast<size_t>(picture.width);
  size_t flat = 0, all = 0;
  for (size_t y = 1; y + 1 < static_cast<size_t>(picture.height); ++y) {
    for (size_t i = y * width + 1; i + 1 < (y + 1) * width; ++i, ++all) {
      const int around = sums[i - 1] + sums[i + 1] + sums[i - width] + sums[i + width];
      flat += std::abs(4 * sums[i] - around) <= kFlat;
    }
  }
  return static_cast<double>(flat) / static_cast<double>(all);
}

}  // namespace atelier::perception
