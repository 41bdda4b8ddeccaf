// From the outputs of OpenPose and RTMPose to keypoints.
#include <algorithm>
#include <array>

#include "pose/photograph/keypoint_network.h"

namespace atelier::photograph {
namespace {

constexpr float kMinHeat = 0.1f;
/// Cells on each side of a heat map's peak that its place is averaged over.
constexpr int kPeakReach = 2;
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
  const auto peak = static_cast<int>(std::max_element(map, map + height * width) - map);
  if (!(map[peak] >= kMinHeat)) return {};
  const int peak_y = peak / width, peak_x = peak % width;
  float weight = 0;
  cv::Point2f sum;
  for (int y = std::max(peak_y - kPeakReach, 0); y <= std::min(peak_y + kPeakReach, height - 1);
       ++y) {
    for (int x = std::max(peak_x - kPeakReach, 0); x <= std::min(peak_x + kPeakReach, width - 1);
         ++x) {
      const float value = std::max(map[y * width + x], 0.0f);
      weight += value;
      sum += value * cv::Point2f(static_cast<float>(x) + 0.5f, static_cast<float>(y) + 0.5f);
    }
  }
  sum /= weight;
  return At(roi, {sum.x / static_cast<float>(width), sum.y / static_cast<float>(height)},
            map[peak]);
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
