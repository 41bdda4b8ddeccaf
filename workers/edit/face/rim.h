// Colours brought to those of another picture: inside, and along their rim.
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

/// `colours` (float RGB) in the light and tone of `picture`: times what they lack of it, which
/// changes evenly from one side to the other. `skin`: float, 0..1, where both surely show skin;
/// what lies far off (brows, beards) counts little, and stays.
cv::Mat InLightOf(const cv::Mat& picture, const cv::Mat& colours, const cv::Mat& skin);

/// `colours`, which were enlarged `enlarged` times, with the fine lines of `picture` that are lost
/// by it. As they are where they were not enlarged.
cv::Mat WithFineLines(const cv::Mat& picture, const cv::Mat& colours, double enlarged);

/// `colours` (float RGB) times what they lack on the rim to be `picture`'s, spread inwards and less
/// and less: the light there, and what is left between two tones.
cv::Mat MetAtRim(const cv::Mat& picture, const cv::Mat& colours, const Rim& rim,
                 double pixels_per_metre);

}  // namespace atelier::edit
