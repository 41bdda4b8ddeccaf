// How far the mask's outline lies beside the body's.
#pragma once

#include <vector>

#include "base/image.h"
#include "people/fit/fit_problem.h"
#include "people/raster.h"

namespace atelier::people {

struct OutlineOptions {
  /// Pixels along the normal that are searched.
  int reach = 40;
  /// Points of the outline, at most.
  int most_points = 420;
  /// Metres that clothes stand off the body: the body's outline belongs that far inside of the
  /// mask's.
  double clothes = .012;
};

/// The outline of `visible`, the skin drawn by `camera`, against `mask`'s, one channel of the same
/// size. Where the picture ends before the mask, and where nothing is found within reach, there is
/// no match. `screen`: every vertex of the body.
std::vector<OutlineMatch> MatchOutline(const Body& body, const ArticulatedBody& articulated,
                                       const std::vector<ScreenPoint>& screen,
                                       const DepthBuffer& visible, const FitCamera& camera,
                                       const Image& mask, const OutlineOptions& options);

/// `mask` in another size: means of the pixels that fall on one when it shrinks, linear between
/// them when it grows.
Image ResizeMask(const Image& mask, int height, int width);

}  // namespace atelier::people
