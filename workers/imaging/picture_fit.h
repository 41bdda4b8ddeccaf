// Pictures brought to the size and shape that painting wants. Thread-safe.
#pragma once

#include "base/image.h"

namespace atelier::imaging {

/// `picture` with its long side at most `longest` pixels, area-averaged; as it is when it fits.
Image ShrinkToFit(Image picture, int longest);

/// The same for an IUV picture: of each new pixel's place the nearest old one, for parts and places
/// in charts have no mean.
Image ShrinkIuvToFit(Image iuv, int longest);

/// A mask (one channel) in another size: means of the pixels that fall on one when it shrinks,
/// linear between them when it grows.
Image ResizeMask(const Image& mask, int height, int width);

/// `picture` in the middle of the smallest canvas of the aspect height : width that holds it, in
/// the mean colour of its border. As it is when the aspect differs by less than a pixel.
Image PadToAspect(Image picture, int height, int width);

/// The same for an IUV picture: padded with background (0, 0, 0).
Image PadIuvToAspect(Image iuv, int height, int width);

}  // namespace atelier::imaging
