// What the donor's picture shows of a garment at the places of the base's body.
#pragma once

#include <opencv2/core.hpp>

#include "edit/garment/swap_input.h"
#include "edit/person/surface_view.h"

namespace atelier::edit {

/// Float matrices of the view's size.
struct SeenGarment {
  Places places;
  /// Unit normals of the donor's body there.
  cv::Mat normals;
  /// The donor's mask of the garment there.
  cv::Mat mask;
  /// 0..1: how surely the donor's picture shows this place of the body, whatever covers it.
  cv::Mat known;
  /// 0..1: how far its pixel there may be taken as the garment's colour.
  cv::Mat trusted;
};

/// `samples_per_metre`: of the view.
SeenGarment LookForGarment(const SwapInput& input, const SurfaceView& view, BodySide side,
                           double samples_per_metre);

}  // namespace atelier::edit
