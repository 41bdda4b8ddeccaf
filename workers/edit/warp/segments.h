// The body's segments between joints. Where one part of a body hides another, they are two
// segments.
#pragma once

#include <array>
#include <opencv2/core.hpp>

#include "edit/person/surface_view.h"

namespace atelier::edit {

/// Trunk with head; upper arms, forearms with hands, thighs, lower legs with feet.
inline constexpr int kSegmentCount = 9;
inline constexpr size_t kThighs = 5;  // and the one after it

/// Float matrices, 0..1: how far a place is of each segment; they sum to 1 on the body and change
/// smoothly over its joints.
using SegmentShares = std::array<cv::Mat, kSegmentCount>;

SegmentShares SegmentsOf(const people::Body& body, const SurfaceView& view);

/// `shares` beyond the body: those of the nearest place on it.
SegmentShares Continued(const SegmentShares& shares, const cv::Mat& covered);

}  // namespace atelier::edit
