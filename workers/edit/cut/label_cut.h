// Regions with sharp borders, at a larger size than they were told apart at.
#pragma once

#include <array>
#include <opencv2/core.hpp>

#include "edit/pixels/parse_view.h"

namespace atelier::edit {

/// Beyond the person each pixel is what the nearest one of the person is.
std::array<cv::Mat, kLabelCount> Continued(const ParseView& view,
                                           std::array<cv::Mat, kLabelCount> labels);

/// `labels` (0..1, the view's size, Continued()) as masks at the size of
/// `person`'s picture, with borders where the picture has edges: of every place that is unsure,
/// also whether it is the person at all, the label whose colours around are the likeliest.
std::array<cv::Mat, kLabelCount> CutAtEdges(const ParseView& view, const Person& person,
                                            const std::array<cv::Mat, kLabelCount>& labels);

}  // namespace atelier::edit
