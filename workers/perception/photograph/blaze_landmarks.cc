#include "perception/photograph/blaze_landmarks.h"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>

#include "imaging/view_of.h"

namespace atelier::photograph {
namespace {

using perception::BodyLandmark;

/// Cells on each side of a landmark's own that its heat map is read in: a window of 9. The graph of
/// mediapipe 0.10.21 says 7, yet 9 is what its program does.
constexpr int kHeatReach = 4;
constexpr float kMinHeat = 0.5f;
constexpr float kMinVisibility = 0.5f;

constexpr int kLeftShoulder = 11, kRightShoulder = 12;
constexpr int kNeck = 1;
float Logistic(float x) { return 1 / (1 + std::exp(-x)); }

/// `place` in fractions, moved to where one heat map has its mass near it.
cv::Point2f Refine(cv::Point2f place, const float* heat) {
  const float cell_x = std::floor(place.x * kHeatSize), cell_y = std::floor(place.y * kHeatSize);
  if (!(cell_x >= 0 && cell_y >= 0 && cell_x < kHeatSize && cell_y < kHeatSize)) return place;
  const int x = static_cast<int>(cell_x), y = static_cast<int>(cell_y);
  float peak = 0, weight = 0;
  cv::Point2f sum;
  for (int row = std::max(y - kHeatReach, 0); row <= std::min(y + kHeatReach, kHeatSize - 1);
       ++row) {
    for (int column = std::max(x - kHeatReach, 0);
         column <= std::min(x + kHeatReach, kHeatSize - 1); ++column) {
      const float heat_here = Logistic(heat[row * kHeatSize + column]);
      peak = std::max(peak, heat_here);
      weight += heat_here;
      sum += heat_here * cv::Point2f(static_cast<float>(column), static_cast<float>(row));
    }
  }
  return peak >= kMinHeat ? sum / (weight * kHeatSize) : place;
}

Keypoint Shown(float x, float y, float visibility, int height, int width) {
  const bool inside =
      x >= 0 && y >= 0 && x < static_cast<float>(width) && y < static_cast<float>(height);
  return inside && visibility >= kMinVisibility ? Keypoint{x, y, visibility} : Keypoint{};
}

}  // namespace

AllLandmarks DecodeLandmarks(const float* rows, const float* heat, const Roi& roi) {
  AllLandmarks landmarks;
  for (int i = 0; i < kAllLandmarks; ++i) {
    const float* row = rows + i * kLandmarkColumns;
    const cv::Point2f fraction =
        Refine(cv::Point2f(row[0], row[1]) / kLandmarkSize, heat + i * kHeatSize * kHeatSize);
    const cv::Point2f place = ToPicture(roi, fraction);
    landmarks[i] = {place.x, place.y, row[2] / kLandmarkSize * roi.width, Logistic(row[3]),
                    Logistic(row[4])};
  }
  return landmarks;
}

WorldLandmarks DecodeWorldLandmarks(const float* rows, const Roi& roi) {
  const float cosine = std::cos(roi.angle), sine = std::sin(roi.angle);
  WorldLandmarks world;
  for (size_t i = 0; i < world.size(); ++i) {
    const float* row = rows + i * kWorldColumns;
    world[i] = {row[0] * cosine - row[1] * sine, row[0] * sine + row[1] * cosine, row[2]};
  }
  return world;
}

Roi RoiOf(const AllLandmarks& landmarks) {
  const BodyLandmark& middle = landmarks[perception::kBodyLandmarkCount];
  const BodyLandmark& rim = landmarks[perception::kBodyLandmarkCount + 1];
  return UprightRoi({middle.x, middle.y}, {rim.x, rim.y}, kBodyScale);
}

Keypoints KeypointsOf(const std::vector<BodyLandmark>& landmarks, int height, int width) {
  Keypoints keypoints;
  for (int i = 0; i < kKeypointCount; ++i) {
    if (i == kNeck) continue;
    const BodyLandmark& from = landmarks[perception::kLandmarkOfKeypoint[i]];
    keypoints[i] = Shown(from.x, from.y, from.visibility, height, width);
  }
  const BodyLandmark& left = landmarks[kLeftShoulder];
  const BodyLandmark& right = landmarks[kRightShoulder];
  keypoints[kNeck] = Shown((left.x + right.x) / 2, (left.y + right.y) / 2,
                           std::min(left.visibility, right.visibility), height, width);
  return keypoints;
}

Image DecodeMask(const float* logits, const cv::Matx33d& to_cut, int height, int width) {
  cv::Mat probability;
  cv::exp(-cv::Mat(kLandmarkSize, kLandmarkSize, CV_32F, const_cast<float*>(logits)), probability);
  probability = 255.0 / (1.0 + probability);
  cv::Mat spread;
  cv::warpPerspective(probability, spread, to_cut, {width, height},
                      cv::INTER_LINEAR | cv::WARP_INVERSE_MAP, cv::BORDER_CONSTANT, 0);
  Image mask(height, width, 1);
  spread.convertTo(imaging::ViewOf(mask), CV_8U);
  return mask;
}

}  // namespace atelier::photograph
