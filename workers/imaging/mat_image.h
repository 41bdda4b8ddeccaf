// OpenCV's matrices on the way to an Image. Calls may throw cv::Exception: the codecs catch it.
#pragma once

#include <opencv2/core.hpp>

#include "base/image.h"

namespace atelier::imaging {

/// An RGB Image of what OpenCV decodes: grey, BGR, or BGRA, which is laid on white.
Image ImageOf(const cv::Mat& mat);

/// [H, W, 4] laid on white -> [H, W, 3] RGB; `blue_first` says that the four are BGRA, not RGBA.
Image FlattenOnWhite(const cv::Mat& mat, bool blue_first);

/// `mat` shown as `orientation`, 1 to 8 (picture/exif_orientation.h), says; without a copy for 1.
cv::Mat TurnUpright(cv::Mat mat, int orientation);

/// A side of `side` pixels reduced by `factor`.
inline int ReducedSide(int side, int factor) { return (side + factor - 1) / factor; }

/// `mat` reduced by `factor`, area-averaged; without a copy for 1.
cv::Mat ReduceBy(const cv::Mat& mat, int factor);

}  // namespace atelier::imaging
