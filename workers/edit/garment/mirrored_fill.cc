#include "edit/garment/mirrored_fill.h"

#include <opencv2/imgproc.hpp>
#include <vector>

#include "edit/person/mat_math.h"
#include "edit/person/push_pull.h"

namespace atelier::edit {
namespace {

constexpr float kKnown = .9f;

/// The nearest known place of every pixel.
cv::Mat NearestKnown(const cv::Mat& known) {
  cv::Mat unknown, distance, labels;
  cv::Mat(known < kKnown).convertTo(unknown, CV_8U);
  cv::distanceTransform(unknown, distance, labels, cv::DIST_L2, cv::DIST_MASK_5,
                        cv::DIST_LABEL_PIXEL);
  std::vector<cv::Point> place_of_label(1);
  for (int y = 0; y < known.rows; ++y) {
    for (int x = 0; x < known.cols; ++x) {
      if (unknown.at<uint8_t>(y, x) != 0) continue;
      const auto label = static_cast<size_t>(labels.at<int>(y, x));
      if (label >= place_of_label.size()) place_of_label.resize(label + 1);
      place_of_label[label] = {x, y};
    }
  }
  cv::Mat out(known.size(), CV_32SC2);
  for (int y = 0; y < known.rows; ++y) {
    for (int x = 0; x < known.cols; ++x) {
      const cv::Point place = place_of_label[static_cast<size_t>(labels.at<int>(y, x))];
      out.at<cv::Vec2i>(y, x) = {place.x, place.y};
    }
  }
  return out;
}

}  // namespace

cv::Mat MirroredFill(const cv::Mat& values, const cv::Mat& known) {
  const cv::Mat filled = PushPull(values, known);
  if (cv::countNonZero(known >= kKnown) == 0) return filled;
  const cv::Mat nearest = NearestKnown(known);
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
