// A garment alone in a picture, on an even background.
#pragma once

#include <opencv2/core.hpp>

#include "base/image.h"
#include "base/result.h"

namespace atelier::edit {

/// Float matrices of the picture's size.
struct FoundGarment {
  /// 0..1: how much of a pixel is the garment.
  cv::Mat mask;
  /// RGB: the garment's own colours, at its border without the background's and continued beyond
  /// it.
  cv::Mat colours;
  /// RGB: the background, also behind the garment.
  cv::Mat background;
};

/// The largest thing that differs from the picture's border. FAILED_PRECONDITION
/// (GARMENT_NOT_FOUND) when the border is not even, when nothing differs from it, and when what
/// does fills the picture or most of its border.
Result<FoundGarment> FindGarment(const Image& picture);

}  // namespace atelier::edit
