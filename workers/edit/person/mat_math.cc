#include "edit/person/mat_math.h"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>

#include "imaging/view_of.h"

namespace atelier::edit {
namespace {

/// Calls `each(out, values, weight, channels)` for every pixel.
template <typename Each>
cv::Mat WithWeight(const cv::Mat& values, const cv::Mat& weight, const Each& each) {
  CV_Assert(values.depth() == CV_32F && weight.type() == CV_32F && values.size() == weight.size());
  cv::Mat out(values.size(), values.type());
  const int channels = values.channels();
  for (int y = 0; y < values.rows; ++y) {
    const float* from = values.ptr<float>(y);
    const float* share = weight.ptr<float>(y);
    float* to = out.ptr<float>(y);
    for (int x = 0; x < values.cols; ++x, from += channels, to += channels) {
      const float factor = each(share[x]);
      for (int c = 0; c < channels; ++c) to[c] = from[c] * factor;
    }
  }
  return out;
}

}  // namespace

float Ramp(float value, float low, float high) {
  return std::clamp((value - low) / (high - low), 0.0f, 1.0f);
}

cv::Mat Ramp(const cv::Mat& values, double low, double high) {
  cv::Mat out;
  values.convertTo(out, CV_32F, 1 / (high - low), -low / (high - low));
  cv::max(out, 0.0, out);
  cv::min(out, 1.0, out);
  return out;
}

cv::Mat Times(const cv::Mat& values, const cv::Mat& weight) {
  return WithWeight(values, weight, [](float w) { return w; });
}

cv::Mat Over(const cv::Mat& values, const cv::Mat& weight) {
  return WithWeight(values, weight, [](float w) { return 1 / std::max(w, 1e-6f); });
}

cv::Mat Mix(const cv::Mat& below, const cv::Mat& above, const cv::Mat& alpha) {
  CV_Assert(below.type() == above.type() && below.depth() == CV_32F && alpha.type() == CV_32F);
  cv::Mat out(below.size(), below.type());
  const int channels = below.channels();
  for (int y = 0; y < below.rows; ++y) {
    const float *low = below.ptr<float>(y), *high = above.ptr<float>(y);
    const float* share = alpha.ptr<float>(y);
    float* to = out.ptr<float>(y);
    for (int x = 0; x < below.cols; ++x, low += channels, high += channels, to += channels) {
      for (int c = 0; c < channels; ++c) to[c] = low[c] * (1 - share[x]) + high[c] * share[x];
    }
  }
  return out;
}

cv::Mat Dilated(const cv::Mat& values, int radius) {
  if (radius <= 0) return values.clone();
  cv::Mat out;
  cv::dilate(values, out, cv::Mat::ones(2 * radius + 1, 2 * radius + 1, CV_8U));
  return out;
}

cv::Mat Eroded(const cv::Mat& values, int radius) {
  if (radius <= 0) return values.clone();
  cv::Mat out;
  cv::erode(values, out, cv::Mat::ones(2 * radius + 1, 2 * radius + 1, CV_8U));
  return out;
}

cv::Mat Blurred(const cv::Mat& values, double sigma) {
  cv::Mat out;
  cv::GaussianBlur(values, out, {}, sigma, sigma, cv::BORDER_REPLICATE);
  return out;
}

cv::Mat FloatOf(const Image& rgb) {
  cv::Mat out;
  imaging::ViewOf(rgb).convertTo(out, CV_32F);
  return out;
}

Image ImageOf(const cv::Mat& rgb) {
  Image out(rgb.rows, rgb.cols, rgb.channels());
  rgb.convertTo(imaging::ViewOf(out), CV_8U);
  return out;
}

cv::Mat LabOf(const cv::Mat& rgb) {
  cv::Mat lab;
  cv::cvtColor(rgb * (1 / 255.0), lab, cv::COLOR_RGB2Lab);
  return lab;
}

cv::Mat RgbOf(const cv::Mat& lab) {
  cv::Mat rgb;
  cv::cvtColor(lab, rgb, cv::COLOR_Lab2RGB);
  return rgb * 255;
}

cv::Mat LumaOf(const cv::Mat& rgb) {
  cv::Mat luma;
  cv::transform(rgb, luma, cv::Matx13f(.3f, .59f, .11f));
  return luma;
}

float MedianOf(std::vector<float> values, float otherwise) {
  if (values.empty()) return otherwise;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::ranges::nth_element(values, middle);
  return *middle;
}

}  // namespace atelier::edit
