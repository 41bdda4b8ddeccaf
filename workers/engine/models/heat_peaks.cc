#include "engine/models/heat_peaks.h"

#include "base/heat_map.h"

namespace atelier::engine {

Keypoints ReadHeatPeaks(const at::Tensor& heat) {
  const at::Tensor maps = heat.to(at::kCPU, at::kFloat).contiguous();
  const int height = static_cast<int>(maps.size(1)), width = static_cast<int>(maps.size(2));
  Keypoints keypoints;
  for (int k = 0; k < kKeypointCount; ++k) {
    keypoints[k] = PeakOf(maps.const_data_ptr<float>() + static_cast<int64_t>(k) * height * width,
                          height, width);
  }
  return keypoints;
}

}  // namespace atelier::engine
