// A smooth function of a picture's places from values that are known at some of them.
#pragma once

#include <opencv2/core.hpp>

namespace atelier::edit {

/// The function of two values that is nearest to `values` (float, two channels) where `weight`
/// (float, same size, 0..1) is above 0, and bends as little as it can; beyond them it goes on
/// straight. Defined over the whole matrix. `spacing`: pixels between the nodes of the grid that it
/// is linear between; what varies faster is smoothed away. `stiffness`: how much bending weighs
/// against values that are known everywhere. Empty where too little is known.
cv::Mat SmoothField(const cv::Mat& values, const cv::Mat& weight, int spacing, double stiffness);

}  // namespace atelier::edit
