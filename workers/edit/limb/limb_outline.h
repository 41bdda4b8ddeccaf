// How far a limb, or the sleeve around it, is seen to reach to both sides of its middle line.
#pragma once

#include <opencv2/core.hpp>
#include <optional>

#include "edit/limb/limb_axis.h"

namespace atelier::edit {

/// Where `mask` (float, the picture's size) ends to both sides. An edge that is further off than
/// about twice the body's is not the limb's own: not seen.
LimbOutline OutlineOf(const LimbAxis& axis, const cv::Mat& mask);

/// Pixels from the middle line to the edges of a hand or a foot.
struct EndEdges {
  float right = 0, left = 0;
};
/// Where `mask` first goes on beyond the limb's end, within `most` pixels: its edges over the first
/// `length` pixels of that. Nothing where it is much wider or narrower than the limb.
std::optional<EndEdges> EdgesBeyond(const LimbAxis& axis, const cv::Mat& mask, float most,
                                    float length);

/// The edge without steps along the limb.
LimbEdge Smoothed(const LimbEdge& edge);
/// Every edge, where it was not seen continued from the nearest place where it was, without steps.
LimbOutline Continued(LimbOutline outline);

}  // namespace atelier::edit
