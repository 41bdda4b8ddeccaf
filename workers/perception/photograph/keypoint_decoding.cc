// From the outputs of OpenPose and RTMPose to keypoints.
#include <algorithm>
#include <array>

#include "base/heat_map.h"
#include "perception/photograph/keypoint_network.h"

namespace atelier::photograph {
namespace {

constexpr float kMinHeat = 0.1f;
constexpr float kMinSimccScore = 0.3f;

constexpr int kNeck = 1;
constexpr int kCocoLeftShoulder = 5, kCocoRightShoulder = 6;
/// COCO's keypoint of each of OpenPose's, -1 for the neck.
constexpr std::array<int, kKeypointCount> kCocoOf = {0,  -1, 6,  8,  10, 5, 7, 9, 12,
                                                     14, 16, 11, 13, 15, 2, 1, 4, 3};

Keypoint At(const Roi& roi, cv::Point2f fraction, float confidence) {
  const cv::Point2f place = ToPicture(roi, fraction);
  return {place.x, place.y, std::min(confidence, 1.0f)};
}

/// Where one heat map peaks.
Keypoint Peak(const float* map, int height, int width, const Roi& roi) {
  const Keypoint peak = PeakOf(map, height, width);
  if (!(peak.confidence >= kMinHeat)) return {};
  return At(roi, {peak.x / static_cast<float>(width), peak.y / static_cast<float>(height)},
            peak.confidence);
}

}  // namespace

Keypoints DecodeHeatMaps(const float* maps, int height, int width, const Roi& roi) {
  Keypoints keypoints;
  for (int i = 0; i < kKeypointCount; ++i) {
    keypoints[i] = Peak(maps + static_cast<ptrdiff_t>(i) * height * width, height, width, roi);
  }
  return keypoints;
}

Keypoints DecodeSimcc(const float* x, int columns, const float* y, int rows, const Roi& roi) {
  const auto point = [&](int coco) -> Keypoint {
    const float* across = x + static_cast<ptrdiff_t>(coco) * columns;
    const float* down = y + static_cast<ptrdiff_t>(coco) * rows;
    const float* best_x = std::max_element(across, across + columns);
    const float* best_y = std::max_element(down, down + rows);
    const float score = std::min(*best_x, *best_y);
    if (!(score >= kMinSimccScore)) return {};
    return At(roi,
              {static_cast<float>(best_x - across) / static_cast<float>(columns),
               static_cast<float>(best_y - down) / static_cast<float>(rows)},
              score);
  };
  Keypoints keypoints;
  for (int i = 0; i < kKeypointCount; ++i) {
    if (i != kNeck) keypoints[i] = point(kCocoOf[i]);
  }
  const Keypoint left = point(kCocoLeftShoulder), right = point(kCocoRightShoulder);
  if (left.confidence > 0 && right.confidence > 0) {
    keypoints[kNeck] = {(left.x + right.x) / 2, (left.y + right.y) / 2,
                        std::min(left.confidence, right.confidence)};
  }
  return keypoints;
}

}  // namespace atelier::photograph
