// Skirts: cloth that hangs from the hips and not on the legs, so that no surface of the body tells
// where its places are. It is carried as a flat picture that hangs between hips and knees.
#pragma once

#include <opencv2/core.hpp>

#include "edit/garment/swap_input.h"

namespace atelier::edit {

/// Whether much of what a person wears below is beside the legs and between them.
bool WearsSkirt(const people::Body& body, const Subject& subject);

struct SkirtLayer {
  /// RGB, 0..255, in the base's light.
  cv::Mat colour;
  /// 0..1.
  cv::Mat alpha;
  /// 0..1: where the donor's picture shows it.
  cv::Mat trusted;
};

/// Float matrices of the size of SwapInput::box.
SkirtLayer CarrySkirt(const SwapInput& input);

}  // namespace atelier::edit
