// Filled discs and ellipses as OpenCV draws them, pixel for pixel, where they lie inside of the
// picture: cv::circle() and cv::fillConvexPoly() of cv::ellipse2Poly(), without smoothing.
#pragma once

#include <functional>
#include <vector>

namespace atelier::people {

struct Point {
  int x = 0;
  int y = 0;
  bool operator==(const Point&) const = default;
};

/// Called for runs of pixels, left to right, both ends included; the same pixel may come twice.
/// Runs may lie outside of the picture.
using DrawRun = std::function<void(int y, int left, int right)>;

void FillDisc(Point centre, int radius, const DrawRun& draw);

/// The corners of an ellipse, one a degree, whose first axis is turned by `degrees`.
std::vector<Point> EllipseCorners(Point centre, int half_length, int half_width, int degrees);

/// A polygon whose corners run round a convex shape, its outline included.
void FillConvexPolygon(const std::vector<Point>& corners, const DrawRun& draw);

}  // namespace atelier::people
