// An Image as OpenCV's functions take it.
#pragma once

#include <opencv2/core.hpp>

#include "base/image.h"

namespace atelier::imaging {

/// A view of `image` without a copy; writing to it writes to the image. REQUIRES: the image
/// outlives it.
inline cv::Mat ViewOf(const Image& image) {
  return {image.height, image.width, CV_8UC(image.channels),
          const_cast<uint8_t*>(image.data.data())};
}

}  // namespace atelier::imaging
