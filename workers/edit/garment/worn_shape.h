// The outline that a new garment has on the base, and its colours moved to it.
//
// Bodies that are fitted to pictures are off by some centimetres, and clothes stand off them by
// more. What the base wears shows how cloth falls on them: there the new garment's outline is the
// old one's, unless the new one ends elsewhere.
#pragma once

#include <opencv2/core.hpp>

#include "edit/garment/swap_input.h"
#include "edit/person/surface_view.h"

namespace atelier::edit {

/// How far the bodies of base and donor may be wrong: 0 where they are known, 1 where they are
/// fitted to pictures.
float BodiesUnsure(const people::Body& body, const Person& base, const Person& donor);

/// `alpha` (float, the view's size: the new garment as the bodies have it) as it is on the base:
///   - the sides of the trunk, and sleeves that end where the old ones do, have the old garment's
///     outline; a top that is longer covers what is worn below it from side to side;
///   - legs that are longer than the old ones go over from the old outline to their own;
///   - elsewhere, such as at necks, edges that are near the old one are the old one (old_edge.h).
/// As it is where the bodies are known.
cv::Mat ShapeOnBase(const SwapInput& input, const SurfaceView& view, double samples_per_metre,
                    const cv::Mat& alpha);

/// For cv::remap, float, two channels: where the colours are, of a garment whose own outline is
/// `own` and which is to fill `shape` (both float, 0..1): edges come to edges, so that hems, cuffs
/// and collars stay, and less and less is moved away from them.
cv::Mat MovedToShape(const cv::Mat& own, const cv::Mat& shape, double samples_per_metre);

}  // namespace atelier::edit
