// The line in which a top ends over what is worn below it.
#pragma once

#include <opencv2/core.hpp>

namespace atelier::edit {

/// What of a view a top's hem is looked for in; bytes, all of one size.
struct HemPlaces {
  /// The trunk and the thighs, and what is beside them, below the armpits.
  cv::Mat zone;
  /// The person, before or after the swap; elsewhere is the wall.
  cv::Mat person;
  /// What is in front of the garment: hands and hair.
  cv::Mat hidden;
};

/// `shape` (float, 0..1: the new top) with an even hem. Cloth that hangs ends in one line, and
/// bodies that are a little wrong, hands before it and edges that are hardly seen make lobes and
/// points of it. The line is the old top's (`old`, float, 0..1), which is seen, moved down or up to
/// where the new one ends unless that is near; where little of it is seen, a parabola through most
/// of the new one's. As it is where too little of it is seen, or where it is no such line.
cv::Mat WithEvenHem(const cv::Mat& shape, const cv::Mat& old, const HemPlaces& places,
                    double samples_per_metre);

}  // namespace atelier::edit
