// What shows where the base's old garment was and the new one is not: skin, the other garment, or
// the wall.
#pragma once

#include <opencv2/core.hpp>

#include "edit/garment/swap_input.h"

namespace atelier::edit {

/// Float matrices of the size of SwapInput::box.
struct Underneath {
  /// RGB, 0..255.
  cv::Mat colour;
  /// 0..1: how much of the body shows its other garments there; the rest of it is skin.
  cv::Mat other_worn;
};

/// `covered` (0..1): how much of a pixel is the body.
Underneath LookUnderneath(const SwapInput& input, const cv::Mat& covered);

}  // namespace atelier::edit
