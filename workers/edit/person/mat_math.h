// Arithmetic of float matrices that every edit needs: pictures have three channels (RGB 0..255),
// masks one (0..1).
#pragma once

#include <algorithm>
#include <cmath>
#include <opencv2/core.hpp>
#include <vector>

#include "base/image.h"

namespace atelier::edit {

/// 0 at `low` and below, 1 at `high` and above, a straight line between; `high` may be the smaller.
cv::Mat Ramp(const cv::Mat& values, double low, double high);
float Ramp(float value, float low, float high);

/// Every channel of `values` times `weight`.
cv::Mat Times(const cv::Mat& values, const cv::Mat& weight);
/// Every channel of `values` over `weight`, which counts as at least 1e-6.
cv::Mat Over(const cv::Mat& values, const cv::Mat& weight);
/// `below` where `alpha` is 0, `above` where it is 1; bit for bit.
cv::Mat Mix(const cv::Mat& below, const cv::Mat& above, const cv::Mat& alpha);

/// The largest or smallest value within a square of `radius` pixels; radius 0 changes nothing.
cv::Mat Dilated(const cv::Mat& values, int radius);
cv::Mat Eroded(const cv::Mat& values, int radius);
/// Gaussian.
cv::Mat Blurred(const cv::Mat& values, double sigma);

/// An RGB Image as float, 0..255, and back, rounded.
cv::Mat FloatOf(const Image& rgb);
Image ImageOf(const cv::Mat& rgb);

/// Float RGB 0..255 to CIELAB, L 0..100, and back.
cv::Mat LabOf(const cv::Mat& rgb);
cv::Mat RgbOf(const cv::Mat& lab);
/// Luma of float RGB, 0..255.
cv::Mat LumaOf(const cv::Mat& rgb);

/// Of an even number the upper of the two in the middle; `otherwise` when there are none.
float MedianOf(std::vector<float> values, float otherwise = 0);

/// Whole pixels of a length, at least `least`.
inline int PixelsOf(double metres, double pixels_per_metre, int least = 1) {
  return std::max(least, static_cast<int>(std::lround(metres * pixels_per_metre)));
}

}  // namespace atelier::edit
