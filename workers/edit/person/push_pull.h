// Places of a picture filled from what is known around them.
#pragma once

#include <opencv2/core.hpp>

namespace atelier::edit {

/// `values` (float, any channels) where `weight` (float, 0..1, one channel, same size) is 1; where
/// it is less, mixed with the known values around, from a pyramid: the further away the nearest
/// known value, the smoother. 0 everywhere when no weight is above 0.
cv::Mat PushPull(const cv::Mat& values, const cv::Mat& weight);

}  // namespace atelier::edit
