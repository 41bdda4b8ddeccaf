// From probabilities of labels at the parser's size to masks at the picture's.
#pragma once

#include <array>
#include <opencv2/core.hpp>

#include "edit/parse/parse_view.h"

namespace atelier::edit {

/// `labels` with small holes in cloth closed and borders that follow the picture's edges; they sum
/// to 1 everywhere, continued beyond the person.
std::array<cv::Mat, kLabelCount> FollowEdges(const ParseView& view,
                                             std::array<cv::Mat, kLabelCount> labels);

/// `labels` at the size of `person`'s picture, sharpened where they grew, times how much of every
/// pixel is the person.
std::array<cv::Mat, kLabelCount> AtPictureSize(const ParseView& view, const Person& person,
                                               const std::array<cv::Mat, kLabelCount>& labels);

}  // namespace atelier::edit
