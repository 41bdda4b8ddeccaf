#include "edit/person/edited_subject.h"

#include <opencv2/imgproc.hpp>

#include "imaging/view_of.h"

namespace atelier::edit {

Edited WithPicture(const Subject& base, const cv::Mat& rgb, const cv::Mat& changed) {
  Edited edited{base, cv::Mat(changed.size(), CV_32F, cv::Scalar(0))};
  const cv::Mat touched = changed >= kLeastChange;
  changed.copyTo(edited.changed, touched);
  cv::Mat rounded, picture = imaging::ViewOf(edited.subject.person.picture);
  rgb.convertTo(rounded, CV_8U);
  rounded.copyTo(picture, touched);
  return edited;
}

cv::Rect BoxAround(const cv::Mat& mask, int margin) {
  constexpr double kLeast = .01;
  const cv::Rect box = cv::boundingRect(cv::Mat(mask > kLeast));
  if (box.empty()) return {};
  const cv::Rect grown(box.x - margin, box.y - margin, box.width + 2 * margin,
                       box.height + 2 * margin);
  return grown & cv::Rect(0, 0, mask.cols, mask.rows);
}

}  // namespace atelier::edit
