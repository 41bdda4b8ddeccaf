// One picture of many side by side, for a person to compare.
#pragma once

#include <vector>

#include "base/image.h"

namespace atelier::training {

/// Rows of RGB pictures -> one picture.
Image Grid(const std::vector<std::vector<Image>>& rows);

/// RGB look of an IUV picture: a colour per part, shaded by U and V.
Image ShowIuv(const Image& iuv);

}  // namespace atelier::training
