// The base as a person to be edited further: what they are, once a garment was swapped.
#pragma once

#include <opencv2/core.hpp>

#include "edit/garment/garment_layer.h"
#include "edit/garment/swap_input.h"
#include "edit/garment/underneath.h"

namespace atelier::edit {

/// What is laid over the base's picture; of the size of SwapInput::box.
struct SwapLayers {
  /// 0..1: how much of the base's picture makes way for `underneath`, under the garment.
  cv::Mat erased;
  Underneath underneath;
  GarmentLayer garment;
};

/// The base with its regions and clothes of after the swap; its picture and its light are not
/// touched. `clothes`: metres, every vertex.
Subject AfterSwap(const SwapInput& input, const SwapLayers& layers, std::vector<float> clothes);

}  // namespace atelier::edit
