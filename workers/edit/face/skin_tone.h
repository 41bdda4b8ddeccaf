// Skin brought from one person's tone to another's.
#pragma once

#include <opencv2/core.hpp>

namespace atelier::edit {

/// `rgb` (float) with skin of the tone `from` moved to `to` (CIELAB): black stays black, and shade
/// keeps its ratio to the tone. `skin`: float, 0..1, how much of a pixel is changed.
cv::Mat ToTone(const cv::Mat& rgb, const cv::Vec3f& from, const cv::Vec3f& to, const cv::Mat& skin);

/// How much of `rgb` (float) is skin: 1 outside of `no_skin` (float, 0..1), and inside
/// as much as the hue is that of `tone`. Eyes and teeth lie there, beside skin.
cv::Mat SkinShare(const cv::Mat& rgb, const cv::Vec3f& tone, const cv::Mat& no_skin);

}  // namespace atelier::edit
