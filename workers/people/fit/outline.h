// How far the mask's outline lies beside the body's.
#pragma once

#include <vector>

#include "base/image.h"
#include "people/body/raster.h"
#include "people/fit/fit_problem.h"

namespace atelier::people {

/// A point of the body's outline and the mask's edge along its normal.
struct OutlineDistance {
  /// Nearest of the triangle that is seen there.
  int vertex = 0;
  Eigen::Vector2d from;    // pixels
  Eigen::Vector2d normal;  // outward, unit
  /// To the mask's edge; negative when it lies inward.
  double pixels = 0;
};

/// Distances of the outline of `visible`, the skin before a camera, to the edge of `mask`, one
/// channel of the same size, for at most `most_points` points. Points where the picture ends before
/// the mask, or where no edge is within `reach` pixels, are left out.
std::vector<OutlineDistance> OutlineDistances(const Body& body, const DepthBuffer& visible,
                                              const Image& mask, int reach, int most_points);

struct OutlineOptions {
  /// Pixels along the normal that are searched.
  int reach = 40;
  /// Points of the outline, at most.
  int most_points = 420;
  /// Metres that clothes stand off the body: the body's outline belongs that far inside of the
  /// mask's.
  double clothes = .012;
};

/// What OutlineDistances() tells the fit. `camera` drew `visible`; `screen`: every vertex of the
/// body.
std::vector<OutlineMatch> MatchOutline(const Body& body, const ArticulatedBody& articulated,
                                       const std::vector<ScreenPoint>& screen,
                                       const DepthBuffer& visible, const FitCamera& camera,
                                       const Image& mask, const OutlineOptions& options);

/// `mask` in another size: means of the pixels that fall on one when it shrinks, linear between
/// them when it grows.
Image ResizeMask(const Image& mask, int height, int width);

}  // namespace atelier::people
