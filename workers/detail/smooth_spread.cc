#include "detail/smooth_spread.h"

#include <cmath>

namespace atelier::detail {
namespace {

constexpr int kRounds = 3;

/// How far each pixel is from the one to its left, in the transformed domain.
cv::Mat Steps(const cv::Mat& guide, const SpreadReach& reach) {
  const int channels = guide.channels();
  cv::Mat steps(guide.size(), CV_32F, cv::Scalar(0));
  const auto share = static_cast<float>(reach.pixels / reach.levels);
  for (int y = 0; y < guide.rows; ++y) {
    const float* row = guide.ptr<float>(y);
    for (int x = 1; x < guide.cols; ++x) {
      float difference = 0;
      for (int c = 0; c < channels; ++c) {
        difference += std::fabs(row[x * channels + c] - row[(x - 1) * channels + c]);
      }
      steps.at<float>(y, x) = 1 + share * difference;
    }
  }
  return steps;
}

/// One pass to the right and one back, in place.
void FilterRows(const cv::Mat& steps, double log_feedback, cv::Mat& values) {
  const int channels = values.channels();
  cv::Mat shares;
  cv::exp(steps * log_feedback, shares);
  for (int y = 0; y < values.rows; ++y) {
    float* row = values.ptr<float>(y);
    const float* keep = shares.ptr<float>(y);
    const auto mix = [&](int x, int from, float share) {
      for (int c = 0; c < channels; ++c) {
        float& value = row[x * channels + c];
        value += share * (row[from * channels + c] - value);
      }
    };
    for (int x = 1; x < values.cols; ++x) mix(x, x - 1, keep[x]);
    for (int x = values.cols - 2; x >= 0; --x) mix(x, x + 1, keep[x + 1]);
  }
}

}  // namespace

cv::Mat SmoothAlong(const cv::Mat& guide, const cv::Mat& values, const SpreadReach& reach) {
  const cv::Mat along = Steps(guide, reach), across = Steps(guide.t(), reach);
  cv::Mat out = values.clone();
  for (int round = 1; round <= kRounds; ++round) {
    // Each round reaches half as far as the one before; together their variances are the reach's.
    const double sigma = reach.pixels * std::sqrt(3.0) * std::pow(2.0, kRounds - round) /
                         std::sqrt(std::pow(4.0, kRounds) - 1);
    const double log_feedback = -std::sqrt(2.0) / sigma;
    FilterRows(along, log_feedback, out);
    cv::Mat turned = out.t();
    FilterRows(across, log_feedback, turned);
    out = turned.t();
  }
  return out;
}

}  // namespace atelier::detail
