#include "edit/face/plane.h"

namespace atelier::edit {

cv::Mat PlaneThrough(const cv::Mat& values, const cv::Mat& weight) {
  cv::Matx33d square = cv::Matx33d::zeros();
  cv::Vec3d right(0, 0, 0);
  for (int y = 0; y < values.rows; y += 2) {
    for (int x = 0; x < values.cols; x += 2) {
      const auto w = static_cast<double>(weight.at<float>(y, x));
      if (w <= 0) continue;
      const cv::Vec3d place(x, y, 1);
      square += w * place * place.t();
      right += w * static_cast<double>(values.at<float>(y, x)) * place;
    }
  }
  const cv::Vec3d plane = square.solve(right, cv::DECOMP_SVD);
  cv::Mat out(values.size(), CV_32F);
  for (int y = 0; y < out.rows; ++y) {
    for (int x = 0; x < out.cols; ++x) {
      out.at<float>(y, x) = static_cast<float>(plane.dot(cv::Vec3d(x, y, 1)));
    }
  }
  return out;
}

}  // namespace atelier::edit
