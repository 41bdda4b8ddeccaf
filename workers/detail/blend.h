// A photograph's own pixels laid over a painting.
#pragma once

#include "base/image.h"
#include "detail/carried_picture.h"

namespace atelier::detail {

/// `painting` (RGB) with `scale` times as many pixels along each side, by cubic interpolation.
Image Grow(const Image& painting, int scale);

/// `painting` (RGB) grown by `scale` along each side, with the carried pixels laid over it.
/// Around them the painting takes on their colour, less and less with the distance and only as far
/// as it paints the same surface, so that no seam shows. REQUIRES: `carried` is of the grown size.
Image LayOver(const Image& painting, const CarriedPicture& carried, int scale);

}  // namespace atelier::detail
