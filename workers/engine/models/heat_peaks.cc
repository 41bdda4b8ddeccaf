#include "engine/models/heat_peaks.h"

#include <algorithm>

namespace atelier::engine {
namespace {

/// Cells on each side of a heat map's peak that its position is averaged over.
constexpr int kPeakReach = 2;

/// The mean of the cells around one heat map's peak, weighted by their probability.
Keypoint ReadPeak(const float* heat, int height, int width) {
  const int peak = static_cast<int>(std::max_element(heat, heat + height * width) - heat);
  const int peak_y = peak / width, peak_x = peak % width;
  double weight = 0, sum_x = 0, sum_y = 0;
  for (int y = std::max(peak_y - kPeakReach, 0); y <= std::min(peak_y + kPeakReach, height - 1);
       ++y) {
    for (int x = std::max(peak_x - kPeakReach, 0); x <= std::min(peak_x + kPeakReach, width - 1);
         ++x) {
      const double value = heat[y * width + x];
      weight += value;
      sum_x += value * (x + 0.5);
      sum_y += value * (y + 0.5);
    }
  }
  if (!(weight > 0)) return {};
  return {static_cast<float>(sum_x / weight), static_cast<float>(sum_y / weight), heat[peak]};
}

}  // namespace

Keypoints ReadHeatPeaks(const at::Tensor& heat) {
  const at::Tensor maps = heat.to(at::kCPU, at::kFloat).contiguous();
  const int height = static_cast<int>(maps.size(1)), width = static_cast<int>(maps.size(2));
  Keypoints keypoints;
  for (int k = 0; k < kKeypointCount; ++k) {
    keypoints[k] = ReadPeak(maps.const_data_ptr<float>() + static_cast<int64_t>(k) * height * width,
                            height, width);
  }
  return keypoints;
}

}  // namespace atelier::engine
