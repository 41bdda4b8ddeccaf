// The donor's garment as it lies on the base.
#pragma once

#include <opencv2/core.hpp>

#include "edit/garment/garment.h"
#include "edit/garment/swap_input.h"

namespace atelier::edit {

/// Float matrices of the size of SwapInput::box.
struct GarmentLayer {
  /// RGB, 0..255, in the base's light. Means nothing where `alpha` is 0.
  cv::Mat colour;
  /// 0..1: how much of a pixel is the garment.
  cv::Mat alpha;
  /// 0..1: how far its colour comes from the donor's picture, of either side, and is not continued.
  cv::Mat known;
  /// 0..1: how much of a pixel is the body with its clothes of after the swap.
  cv::Mat covered;
};

/// Writes `unseen`, `guessed` and `edge_entropy` of `measures`.
GarmentLayer CarryGarment(const SwapInput& input, GarmentMeasures& measures);

}  // namespace atelier::edit
