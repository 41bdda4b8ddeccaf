// Pixels carried from several photographs of one person, as one picture.
#pragma once

#include <vector>

#include "base/image.h"
#include "detail/carried_picture.h"

namespace atelier::detail {

/// Every part of the body from the picture that shows most of it; where that one shows nothing,
/// from the next. The colours of the others are brought to the first one's by what both show, for
/// no two photographs have the same light. `iuv`: (I, U, V) of the person, of the pictures' size.
/// REQUIRES: at least one picture; all show the same person at the same place.
CarriedPicture JoinCarried(std::vector<CarriedPicture> pictures, const Image& iuv);

}  // namespace atelier::detail
