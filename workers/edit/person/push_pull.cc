#include "edit/person/push_pull.h"

#include <algorithm>
#include <opencv2/imgproc.hpp>

#include "edit/person/mat_math.h"

namespace atelier::edit {
namespace {

/// The mean of all known values: the top of the pyramid.
cv::Mat Mean(const cv::Mat& values, const cv::Mat& weight) {
  const double total = cv::sum(weight)[0];
  cv::Scalar mean = cv::sum(Times(values, weight));
  for (int c = 0; c < values.channels(); ++c) mean[c] /= std::max(total, 1e-6);
  return {values.size(), values.type(), mean};
}

}  // namespace

cv::Mat PushPull(const cv::Mat& values, const cv::Mat& weight) {
  if (std::min(values.rows, values.cols) <= 2) return Mean(values, weight);
  const cv::Size half((values.cols + 1) / 2, (values.rows + 1) / 2);
  cv::Mat small_weight, small_values;
  cv::resize(weight, small_weight, half, 0, 0, cv::INTER_AREA);
  cv::resize(Times(values, weight), small_values, half, 0, 0, cv::INTER_AREA);
  cv::Mat filled = PushPull(Over(small_values, small_weight), cv::min(small_weight * 4, 1.0));
  cv::resize(filled, filled, values.size(), 0, 0, cv::INTER_LINEAR);
  return Mix(filled, values, weight);
}

}  // namespace atelier::edit
