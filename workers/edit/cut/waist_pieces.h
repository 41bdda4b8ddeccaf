// Pieces of tops and of what is worn below them that were taken for one another.
#pragma once

#include <opencv2/core.hpp>

namespace atelier::edit {

/// Pieces of an upper garment beside a lower one, or the other way round, that have the other's
/// colour and not their own's around them become the other: a waistband lies where tops often end.
/// So does what was taken for skin and is surely of the colour of what is worn below.
/// `lab`: float, three channels, CIELAB. `found`: int, the label of every pixel.
void MendWaist(const cv::Mat& lab, double pixels_per_metre, cv::Mat& found);

}  // namespace atelier::edit
