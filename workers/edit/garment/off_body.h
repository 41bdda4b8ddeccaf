// The part of a garment that lies beside the body in the picture: folds, hems, soles, all that the
// outline of a clothed body is too smooth for.
//
// There is no surface to look places up on, so the map between the pictures is continued outwards
// from the garment's surface: near each bone it is the similarity (turn, scale and shift) that best
// takes the base's projected body to the donor's.
#pragma once

#include <opencv2/core.hpp>

#include "edit/garment/swap_input.h"
#include "edit/person/surface_view.h"

namespace atelier::edit {

/// Float matrices of the view's size.
struct OffBody {
  /// Where a sample beside the body is in the donor's picture, as in Places; x and y alone.
  Places places;
  /// 1 where the donor's picture shows there what is beside the same part of its body.
  cv::Mat usable;
};

/// `samples_per_metre`: of the view.
OffBody LookBesideBody(const SwapInput& input, const SurfaceView& view, double samples_per_metre);

}  // namespace atelier::edit
