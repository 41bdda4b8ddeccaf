// The person of an IUV picture as a mask.
#pragma once

#include "base/image.h"

namespace atelier::perception {

/// One channel of the IUV's size: 255 where a part is, else 0.
Image MaskOf(const Image& iuv);

}  // namespace atelier::perception
