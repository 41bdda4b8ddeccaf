// Skin that the base's old garment covered.
#pragma once

#include <opencv2/core.hpp>

#include "edit/garment/swap_input.h"
#include "edit/person/surface_view.h"

namespace atelier::edit {

/// Float, RGB 0..255, the view's size: the base's tone under the base's light, brought to the skin
/// that the base shows nearby, with the fine detail of the donor's where the donor shows skin.
/// `view`: of the base's box, one sample a pixel. `picture`: the base's, float, whole.
cv::Mat BareSkin(const SwapInput& input, const SurfaceView& view, const cv::Mat& picture);

}  // namespace atelier::edit
