// Resizing of 8-bit pictures, bit for bit as Pillow does it: rows first, then columns. (Pillow 13
// takes columns first where that is cheaper, which changes a value by at most 1.) Plain C++.
#pragma once

#include "base/image.h"

namespace atelier::engine {

/// Filters as wide as the scale when shrinking, so that nothing is skipped (antialias).
enum class ResizeFilter { kBox, kBilinear, kBicubic };

/// Equal to Pillow's Image.resize((width, height), filter) on an L or RGB picture.
/// REQUIRES: `image` is not empty; height and width are positive.
Image Resize(const Image& image, int height, int width, ResizeFilter filter);

/// The pixel at each output pixel's middle: for IUV pictures, whose part numbers must not be mixed.
Image ResizeNearest(const Image& image, int height, int width);

/// The middle height x width of `image`. REQUIRES: it is at least as large.
Image CentreCrop(const Image& image, int height, int width);

}  // namespace atelier::engine
