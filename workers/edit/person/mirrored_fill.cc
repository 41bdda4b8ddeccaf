#include "edit/person/mirrored_fill.h"

#include <opencv2/imgproc.hpp>

#include "edit/person/mat_math.h"
#include "edit/person/nearest_place.h"
#include "edit/person/push_pull.h"

namespace atelier::edit {
namespace {

constexpr float kKnown = .9f;

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

}  // namespace atelier::edit
