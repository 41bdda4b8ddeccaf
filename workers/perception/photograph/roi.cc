#include "perception/photograph/roi.h"

#include <algorithm>
#include <cmath>
#include <opencv2/dnn/dnn.hpp>
#include <opencv2/imgproc.hpp>

#include "imaging/view_of.h"

namespace atelier::photograph {

Roi SquareAround(const Image& picture) {
  const auto width = static_cast<float>(picture.width), height = static_cast<float>(picture.height);
  const float side = std::max(width, height);
  return {{width / 2, height / 2}, side, side, 0};
}

Roi FitAround(const cv::Rect2f& box, cv::Size shape, float scale) {
  const auto wide = static_cast<float>(shape.width) / static_cast<float>(shape.height);
  const float height = scale * std::max(box.height, box.width / wide);
  return {(box.tl() + box.br()) / 2, height * wide, height, 0};
}

Roi UprightRoi(cv::Point2f centre, cv::Point2f rim, float scale) {
  const cv::Point2f up = rim - centre;
  const float side = 2 * scale * std::hypot(up.x, up.y);
  return {centre, side, side, static_cast<float>(CV_PI / 2) - std::atan2(-up.y, up.x)};
}

cv::Point2f ToPicture(const Roi& roi, cv::Point2f fraction) {
  const float x = (fraction.x - 0.5f) * roi.width, y = (fraction.y - 0.5f) * roi.height;
  const float cosine = std::cos(roi.angle), sine = std::sin(roi.angle);
  return roi.centre + cv::Point2f(x * cosine - y * sine, x * sine + y * cosine);
}

Cut CutOut(const Image& picture, const Roi& roi, const CutOptions& options) {
  const auto width = static_cast<float>(options.size.width);
  const auto height = static_cast<float>(options.size.height);
  const cv::Point2f from[4] = {ToPicture(roi, {0, 0}), ToPicture(roi, {1, 0}),
                               ToPicture(roi, {1, 1}), ToPicture(roi, {0, 1})};
  const cv::Point2f to[4] = {{0, 0}, {width, 0}, {width, height}, {0, height}};
  const cv::Mat matrix = cv::getPerspectiveTransform(from, to);
  cv::Mat cut;
  cv::warpPerspective(
      imaging::ViewOf(picture), cut, matrix, options.size, cv::INTER_LINEAR,
      options.outside == Outside::kBlack ? cv::BORDER_CONSTANT : cv::BORDER_REPLICATE);
  cut.convertTo(cut, CV_32F);
  const cv::Vec3f step = (options.white - options.black) / 255.0f;
  cut.forEach<cv::Vec3f>(
      [&](cv::Vec3f& pixel, const int*) { pixel = pixel.mul(step) + options.black; });
  return {cv::dnn::blobFromImage(cut, 1.0, {}, {}, options.bgr), matrix};
}

}  // namespace atelier::photograph
