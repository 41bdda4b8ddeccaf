// Labels of a picture's pixels that suit each pixel and change where the picture has edges.
#pragma once

#include <opencv2/core.hpp>
#include <vector>

namespace atelier::edit {

/// The labelling (int, one channel) of nearly least cost, by alpha expansion (Boykov, Veksler and
/// Zabih): the sum of every pixel's cost of its label (`costs`, float, one matrix for each label)
/// and, for pixels beside each other with different labels, of `stiffness` times how alike they are
/// in `guide` (float, three channels; 1 = the same colour). Pixels where `free` (bytes) is 0 keep
/// their label of `start` (int).
cv::Mat PottsCut(const std::vector<cv::Mat>& costs, const cv::Mat& guide, const cv::Mat& free,
                 const cv::Mat& start, float stiffness);

}  // namespace atelier::edit
