// The plane that lies nearest to a picture's values.
#pragma once

#include <opencv2/core.hpp>

namespace atelier::edit {

/// The least squares plane through `values` where `weight` is above 0 (both float, one channel), of
/// their size.
cv::Mat PlaneThrough(const cv::Mat& values, const cv::Mat& weight);

}  // namespace atelier::edit
