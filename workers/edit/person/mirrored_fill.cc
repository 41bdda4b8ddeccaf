#include "edit/person/mirrored_fill.h"

#include <algorithm>
#include <opencv2/imgproc.hpp>
#include <vector>

#include "edit/person/mat_math.h"
#include "edit/person/nearest_place.h"
#include "edit/person/push_pull.h"

namespace atelier::edit {
namespace {

constexpr float kKnown = .9f;
/// Pixels of a square's side: with fewer it is no texture, with more nothing is gained.
constexpr int kLeastSide = 6, kMostSide = 128;

/// The largest square in which everything is known; empty where there is none of that size.
cv::Rect LargestSquare(const cv::Mat& known) {
  cv::Mat is_known = known >= kKnown, distance;
  is_known.row(0).setTo(0);
  is_known.row(known.rows - 1).setTo(0);
  is_known.col(0).setTo(0);
  is_known.col(known.cols - 1).setTo(0);
  cv::distanceTransform(is_known, distance, cv::DIST_C, cv::DIST_MASK_3);
  double most = 0;
  cv::Point middle;
  cv::minMaxLoc(distance, nullptr, &most, nullptr, &middle);
  const int half = std::min(static_cast<int>(most) - 1, kMostSide / 2);
  if (2 * half + 1 < kLeastSide) return {};
  return {middle.x - half, middle.y - half, 2 * half + 1, 2 * half + 1};
}

/// Noise of the spectrum of `patch`, the same for the same patch, that can be laid side by side
/// with itself (Galerne, Gousseau, Morel: Random phase textures).
cv::Mat NoiseLike(const cv::Mat& patch) {
  constexpr int kSide = 256;
  constexpr uint64_t kSeed = 7;
  // Without the places of threads and pores, texture is seen more.
  constexpr double kStrength = .7;
  cv::Mat window, white(kSide, kSide, CV_32F), white_spectrum;
  cv::createHanningWindow(window, patch.size(), CV_32F);
  cv::RNG(kSeed).fill(white, cv::RNG::NORMAL, 0, 1);
  cv::dft(white, white_spectrum, cv::DFT_COMPLEX_OUTPUT);
  std::vector<cv::Mat> channels;
  cv::split(patch, channels);
  for (cv::Mat& channel : channels) {
    cv::Scalar mean, spread, made_mean, made_spread;
    cv::meanStdDev(channel, mean, spread);
    cv::Mat spot(kSide, kSide, CV_32F, cv::Scalar(0)), spectrum, made;
    cv::Mat((channel - mean[0]).mul(window)).copyTo(spot(cv::Rect({}, patch.size())));
    cv::dft(spot, spectrum, cv::DFT_COMPLEX_OUTPUT);
    cv::mulSpectrums(spectrum, white_spectrum, spectrum, 0);
    cv::dft(spectrum, made, cv::DFT_INVERSE | cv::DFT_REAL_OUTPUT | cv::DFT_SCALE);
    cv::meanStdDev(made, made_mean, made_spread);
    channel = made * (kStrength * spread[0] / std::max(1e-6, made_spread[0]));
  }
  cv::Mat out;
  cv::merge(channels, out);
  return out;
}

}  // namespace

cv::Mat MirroredFill(const cv::Mat& values, const cv::Mat& known) {
  const cv::Mat filled = PushPull(values, known);
  if (cv::countNonZero(known >= kKnown) == 0) return filled;
  const cv::Mat nearest = NearestOf(known >= kKnown).place;
  cv::Mat map_x(known.size(), CV_32F), map_y(known.size(), CV_32F);
  for (int y = 0; y < known.rows; ++y) {
    for (int x = 0; x < known.cols; ++x) {
      const auto& place = nearest.at<cv::Vec2i>(y, x);
      map_x.at<float>(y, x) = static_cast<float>(2 * place[0] - x);
      map_y.at<float>(y, x) = static_cast<float>(2 * place[1] - y);
    }
  }
  cv::Mat mirrored, mirrored_known;
  cv::remap(values, mirrored, map_x, map_y, cv::INTER_LINEAR, cv::BORDER_REPLICATE);
  cv::remap(known, mirrored_known, map_x, map_y, cv::INTER_LINEAR, cv::BORDER_CONSTANT, 0);
  const cv::Mat continued = Mix(filled, mirrored, Ramp(mirrored_known, .5, 1));
  return Mix(continued, values, known);
}

cv::Mat TextureFill(const cv::Mat& values, const cv::Mat& known) {
  cv::Mat filled = cv::Mat::zeros(values.size(), values.type());
  const cv::Rect square = LargestSquare(known);
  if (!square.empty()) {
    const cv::Mat noise = NoiseLike(values(square));
    for (int y = 0; y < filled.rows; y += noise.rows) {
      for (int x = 0; x < filled.cols; x += noise.cols) {
        const cv::Rect tile = cv::Rect({x, y}, noise.size()) & cv::Rect({}, filled.size());
        noise(cv::Rect({}, tile.size())).copyTo(filled(tile));
      }
    }
  }
  return Mix(filled, values, known);
}

}  // namespace atelier::edit
