#include "base/heat_map.h"

#include <algorithm>

namespace atelier {
namespace {

/// Cells on each side of the peak that its place is averaged over.
constexpr int kReach = 2;

}  // namespace

Keypoint PeakOf(const float* heat, int height, int width) {
  const int peak = static_cast<int>(std::max_element(heat, heat + height * width) - heat);
  const int peak_y = peak / width, peak_x = peak % width;
  double weight = 0, sum_x = 0, sum_y = 0;
  for (int y = std::max(peak_y - kReach, 0); y <= std::min(peak_y + kReach, height - 1); ++y) {
    for (int x = std::max(peak_x - kReach, 0); x <= std::min(peak_x + kReach, width - 1); ++x) {
      const double value = std::max(heat[y * width + x], 0.0f);
      weight += value;
      sum_x += value * (x + 0.5);
      sum_y += value * (y + 0.5);
    }
  }
  if (!(weight > 0)) return {};
  return {static_cast<float>(sum_x / weight), static_cast<float>(sum_y / weight), heat[peak]};
}

}  // namespace atelier
