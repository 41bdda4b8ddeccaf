// What is common to all edits: where they work, and what becomes of the subject.
#pragma once

#include <opencv2/core.hpp>

#include "edit/person/subject.h"

namespace atelier::edit {

/// A change below this is none: the pixel stays as it was, bit for bit.
inline constexpr double kLeastChange = .004;

/// `base` with the picture `rgb` (float, 0..255) where `changed` (float, 0..1) is at least
/// kLeastChange; its regions and clothes stay.
Edited WithPicture(const Subject& base, const cv::Mat& rgb, const cv::Mat& changed);

/// The smallest rectangle that holds all values above .01, and `margin` pixels more on every side,
/// cut to the matrix; empty when there are none.
cv::Rect BoxAround(const cv::Mat& mask, int margin);

}  // namespace atelier::edit
