#include "edit/person/nearest_place.h"

#include <opencv2/imgproc.hpp>
#include <vector>

namespace atelier::edit {

NearestPlace NearestOf(const cv::Mat& places) {
  NearestPlace out;
  cv::Mat labels;
  cv::distanceTransform(places == 0, out.distance, labels, cv::DIST_L2, cv::DIST_MASK_5,
                        cv::DIST_LABEL_PIXEL);
  std::vector<cv::Point> place_of_label(1);
  for (int y = 0; y < places.rows; ++y) {
    for (int x = 0; x < places.cols; ++x) {
      if (places.at<uint8_t>(y, x) == 0) continue;
      const auto label = static_cast<size_t>(labels.at<int>(y, x));
      if (label >= place_of_label.size()) place_of_label.resize(label + 1);
      place_of_label[label] = {x, y};
    }
  }
  out.place.create(places.size(), CV_32SC2);
  for (int y = 0; y < places.rows; ++y) {
    for (int x = 0; x < places.cols; ++x) {
      const cv::Point place = place_of_label[static_cast<size_t>(labels.at<int>(y, x))];
      out.place.at<cv::Vec2i>(y, x) = {place.x, place.y};
    }
  }
  return out;
}

cv::Mat NearestPlace::Of(const cv::Mat& values) const {
  cv::Mat out(place.size(), CV_32F);
  for (int y = 0; y < out.rows; ++y) {
    for (int x = 0; x < out.cols; ++x) {
      const auto& at = place.at<cv::Vec2i>(y, x);
      out.at<float>(y, x) = values.at<float>(at[1], at[0]);
    }
  }
  return out;
}

}  // namespace atelier::edit
