#include "imaging/picture_fit.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <opencv2/imgproc.hpp>

#include "imaging/view_of.h"

namespace atelier::imaging {
namespace {

using Colour = std::array<uint8_t, 3>;

Colour MeanBorder(const Image& picture) {
  std::array<int64_t, 3> sum = {0, 0, 0};
  int64_t count = 0;
  const auto add = [&](int y, int x) {
    for (int c = 0; c < 3; ++c) sum[c] += picture.at(y, x)[c];
    ++count;
  };
  for (int x = 0; x < picture.width; ++x) {
    add(0, x);
    add(picture.height - 1, x);
  }
  for (int y = 0; y < picture.height; ++y) {
    add(y, 0);
    add(y, picture.width - 1);
  }
  Colour mean;
  for (int c = 0; c < 3; ++c) mean[c] = static_cast<uint8_t>((sum[c] + count / 2) / count);
  return mean;
}

Image PadWith(Image picture, int height, int width, const Colour& colour) {
  const double aspect = static_cast<double>(width) / height;
  const int canvas_width =
      std::max(picture.width, static_cast<int>(std::lround(picture.height * aspect)));
  const int canvas_height =
      std::max(picture.height, static_cast<int>(std::lround(picture.width / aspect)));
  if (canvas_width == picture.width && canvas_height == picture.height) return picture;
  Image canvas(canvas_height, canvas_width, 3);
  for (size_t i = 0; i < canvas.data.size(); ++i) canvas.data[i] = colour[i % 3];
  const int top = (canvas_height - picture.height) / 2;
  const int left = (canvas_width - picture.width) / 2;
  for (int y = 0; y < picture.height; ++y) {
    std::memcpy(canvas.at(top + y, left), picture.at(y, 0), static_cast<size_t>(picture.width) * 3);
  }
  return canvas;
}

Image ShrinkBy(int interpolation, Image picture, int longest) {
  const int side = std::max(picture.height, picture.width);
  if (side <= longest) return picture;
  const double scale = static_cast<double>(longest) / side;
  Image small(std::max(1, static_cast<int>(std::lround(picture.height * scale))),
              std::max(1, static_cast<int>(std::lround(picture.width * scale))), 3);
  const cv::Mat in = ViewOf(picture);
  cv::Mat out = ViewOf(small);
  cv::resize(in, out, out.size(), 0, 0, interpolation);
  return small;
}

}  // namespace

Image ShrinkToFit(Image picture, int longest) {
  return ShrinkBy(cv::INTER_AREA, std::move(picture), longest);
}

Image ShrinkIuvToFit(Image iuv, int longest) {
  return ShrinkBy(cv::INTER_NEAREST, std::move(iuv), longest);
}

Image ResizeMask(const Image& mask, int height, int width) {
  if (mask.height == height && mask.width == width) return mask;
  Image out(height, width, 1);
  const bool shrinks = height <= mask.height && width <= mask.width;
  cv::resize(ViewOf(mask), ViewOf(out), {width, height}, 0, 0,
             shrinks ? cv::INTER_AREA : cv::INTER_LINEAR);
  return out;
}

Image PadToAspect(Image picture, int height, int width) {
  const Colour border = MeanBorder(picture);
  return PadWith(std::move(picture), height, width, border);
}

Image PadIuvToAspect(Image iuv, int height, int width) {
  return PadWith(std::move(iuv), height, width, {0, 0, 0});
}

}  // namespace atelier::imaging
