#include "edit/face/skin_tone.h"

#include <algorithm>
#include <cmath>

#include "edit/person/mat_math.h"

namespace atelier::edit {
namespace {

/// 0, `from` and 100 go to 0, `to` and 100, and what is between to between.
float MovedLightness(float lightness, float from, float to) {
  if (lightness <= from) return lightness * to / std::max(from, 1.0f);
  return to + (lightness - from) * (100 - to) / std::max(100 - from, 1.0f);
}

}  // namespace

cv::Mat ToTone(const cv::Mat& rgb, const cv::Vec3f& from, const cv::Vec3f& to,
               const cv::Mat& tinted) {
  cv::Mat lab = LabOf(rgb);
  for (int y = 0; y < lab.rows; ++y) {
    auto* row = lab.ptr<cv::Vec3f>(y);
    const float* share = tinted.ptr<float>(y);
    for (int x = 0; x < lab.cols; ++x) {
      // A dark pixel has little hue to be changed.
      const float hue = share[x] * std::min(1.0f, row[x][0] / std::max(from[0], 1.0f));
      const float moved = MovedLightness(row[x][0], from[0], to[0]);
      row[x] = {row[x][0] + (.5f + .5f * share[x]) * (moved - row[x][0]),
                row[x][1] + hue * (to[1] - from[1]), row[x][2] + hue * (to[2] - from[2])};
    }
  }
  return cv::min(cv::max(RgbOf(lab), 0.0), 255.0);
}

cv::Mat SkinShare(const cv::Mat& rgb, const cv::Vec3f& tone, const cv::Mat& no_skin) {
  constexpr float kSame = .35f, kOther = .8f;
  const cv::Mat lab = LabOf(rgb);
  cv::Mat share(rgb.size(), CV_32F, cv::Scalar(1));
  const float chroma = std::max(8.0f, std::hypot(tone[1], tone[2]));
  for (int y = 0; y < lab.rows; ++y) {
    for (int x = 0; x < lab.cols; ++x) {
      const float zone = no_skin.at<float>(y, x);
      if (zone <= 0) continue;
      const auto& p = lab.at<cv::Vec3f>(y, x);
      // Lips are redder than skin, and tinted with it; eyes and teeth have less hue.
      const float missing = (chroma - std::hypot(p[1], p[2])) / chroma;
      share.at<float>(y, x) = 1 - zone * Ramp(missing, kSame, kOther);
    }
  }
  return share;
}

}  // namespace atelier::edit
