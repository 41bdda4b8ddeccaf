// The part of the base's old garment that makes way for what is under it.
#pragma once

#include <opencv2/core.hpp>

#include "edit/garment/swap_input.h"

namespace atelier::edit {

/// 0..1, the box's size: how much of the old garment is to go, with the halo around it that the
/// masks miss. `alpha`: how much of a pixel the new garment covers; `on_top`: how much is before
/// both; 0..1, the box's size.
cv::Mat Erased(const SwapInput& input, const cv::Mat& alpha, const cv::Mat& on_top);

}  // namespace atelier::edit
