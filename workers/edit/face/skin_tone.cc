#include "edit/face/skin_tone.h"

#include <algorithm>
#include <cmath>

#include "edit/person/mat_math.h"

namespace atelier::edit {
namespace {

/// Where lightness goes when skin of `from` becomes `to`. Shade is a share of the light, so shaded
/// skin keeps its ratio to the tone. Hair and pupils are black on any skin: the more skin
/// brightens, the steeper. Highlights approach white.
float MovedLightness(float lightness, float from, float to) {
  constexpr float kSteeper = .35f, kWhite = 98;
  const float ratio = to / std::max(from, 1.0f);
  if (lightness > from) {
    const float room = std::max(kWhite - to, 1.0f);
    return to + room * (1 - std::exp((from - lightness) * ratio / room));
  }
  const float power = 1 + kSteeper * std::max(0.0f, std::log2(ratio));
  return to * std::pow(std::max(lightness, 0.0f) / std::max(from, 1.0f), power);
}

}  // namespace

cv::Mat ToTone(const cv::Mat& rgb, const cv::Vec3f& from, const cv::Vec3f& to,
               const cv::Mat& skin) {
  cv::Mat lab = LabOf(rgb);
  for (int y = 0; y < lab.rows; ++y) {
    auto* row = lab.ptr<cv::Vec3f>(y);
    const float* share = skin.ptr<float>(y);
    for (int x = 0; x < lab.cols; ++x) {
      // A dark pixel has little hue to be changed.
      const float hue = share[x] * std::min(1.0f, row[x][0] / std::max(from[0], 1.0f));
      const float moved = MovedLightness(row[x][0], from[0], to[0]);
      row[x] = {row[x][0] + share[x] * (moved - row[x][0]), row[x][1] + hue * (to[1] - from[1]),
                row[x][2] + hue * (to[2] - from[2])};
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
      // Lips are redder than skin, and skin with it; eyes and teeth have less hue.
      const float missing = (chroma - std::hypot(p[1], p[2])) / chroma;
      share.at<float>(y, x) = 1 - zone * Ramp(missing, kSame, kOther);
    }
  }
  return share;
}

}  // namespace atelier::edit
