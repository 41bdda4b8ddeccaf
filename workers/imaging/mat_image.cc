#include "imaging/mat_image.h"

#include <cstdint>
#include <opencv2/imgproc.hpp>
#include <utility>

#include "imaging/view_of.h"

namespace atelier::imaging {

Image ImageOf(const cv::Mat& mat) {
  if (mat.channels() == 4) return FlattenOnWhite(mat, /*blue_first=*/true);
  Image image(mat.rows, mat.cols, 3);
  const cv::Mat rgb = ViewOf(image);
  cv::cvtColor(mat, rgb, mat.channels() == 1 ? cv::COLOR_GRAY2RGB : cv::COLOR_BGR2RGB);
  return image;
}

Image FlattenOnWhite(const cv::Mat& mat, bool blue_first) {
  Image image(mat.rows, mat.cols, 3);
  for (int y = 0; y < mat.rows; ++y) {
    const uint8_t* in = mat.ptr<uint8_t>(y);
    uint8_t* out = image.at(y, 0);
    for (int x = 0; x < mat.cols; ++x, in += 4, out += 3) {
      const int alpha = in[3];
      for (int c = 0; c < 3; ++c) {
        const int colour = in[blue_first ? 2 - c : c];
        out[c] = static_cast<uint8_t>((colour * alpha + 255 * (255 - alpha) + 127) / 255);
      }
    }
  }
  return image;
}

cv::Mat TurnUpright(cv::Mat mat, int orientation) {
  if (orientation == 1) return mat;
  constexpr int kTopToBottom = 0;
  constexpr int kLeftToRight = 1;
  constexpr int kBoth = -1;
  cv::Mat turned;
  if (orientation <= 4) {
    const int axis = orientation == 2 ? kLeftToRight : orientation == 3 ? kBoth : kTopToBottom;
    cv::flip(mat, turned, axis);
    return turned;
  }
  cv::transpose(mat, turned);
  mat.release();
  if (orientation == 6) cv::flip(turned, turned, kLeftToRight);
  if (orientation == 7) cv::flip(turned, turned, kBoth);
  if (orientation == 8) cv::flip(turned, turned, kTopToBottom);
  return turned;
}

cv::Mat ReduceBy(const cv::Mat& mat, int factor) {
  if (factor <= 1) return mat;
  cv::Mat small;
  const cv::Size size(ReducedSide(mat.cols, factor), ReducedSide(mat.rows, factor));
  cv::resize(mat, small, size, 0, 0, cv::INTER_AREA);
  return small;
}

}  // namespace atelier::imaging
