// Colours brought to those of another picture along their rim.
#pragma once

#include <opencv2/core.hpp>

namespace atelier::edit {

/// Float matrices, 0..1.
struct Rim {
  /// How much of the colours will be seen.
  cv::Mat alpha;
  /// Where, on the rim, both pictures surely show the same kind of surface.
  cv::Mat known;
  /// How much of a colour is skin: what is not takes less of the change.
  cv::Mat skin;
};

/// `colours` (float RGB) times what they lack on the rim to be `picture`'s, spread inwards and less
/// and less: the light there, and what is left between two tones.
cv::Mat MetAtRim(const cv::Mat& picture, const cv::Mat& colours, const Rim& rim,
                 double pixels_per_metre);

}  // namespace atelier::edit
