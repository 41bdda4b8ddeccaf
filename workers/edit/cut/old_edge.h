// The edge of a new garment where it is nearly that of the old one.
#pragma once

#include <opencv2/core.hpp>

#include "edit/person/person.h"

namespace atelier::edit {

/// Metres that the body without clothes reaches beyond the person's mask, in the mean along its
/// outline: what no clothes explain. Below .0001 for bodies that are known, .0003 to .0014 for
/// those that are fitted to pictures.
double OutlineMisfit(const people::Body& body, const Person& person);

/// `alpha` (float, 0..1) with the old garment's edge where the two differ by little: that edge is
/// seen, and neither bare skin nor rests of the old garment have to be invented or erased beside
/// it. Parts of the difference that are nowhere wider than 2 `reach` pixels are little, and so is
/// what is narrower than 2 `sliver` pixels. Beside the body the wall is known, and the new edge
/// stays. `old`, `body`: the old garment's mask and the body's, the same size.
cv::Mat WithOldEdge(const cv::Mat& alpha, const cv::Mat& old, const cv::Mat& body, int reach,
                    int sliver);

}  // namespace atelier::edit
