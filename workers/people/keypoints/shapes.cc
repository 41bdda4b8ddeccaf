#include "people/keypoints/shapes.h"

#include <algorithm>
#include <array>
#include <climits>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <utility>

namespace atelier::people {
namespace {

/// Edges run in fixed point with this many binary places.
constexpr int kShift = 16;
constexpr int64_t kOne = int64_t{1} << kShift;

/// The sine of whole degrees as OpenCV's table has it: seven decimal places, in float32.
double TableSine(int degrees) {
  constexpr double kPi = 3.14159265358979323846;
  constexpr double kPlaces = 1e7;
  return static_cast<float>(std::round(std::sin(degrees * kPi / 180) * kPlaces) / kPlaces);
}

/// Bresenham's line from left to right.
void DrawLine(Point from, Point to, const DrawRun& draw) {
  if (to.x < from.x) std::swap(from, to);
  const int width = to.x - from.x, height = std::abs(to.y - from.y);
  const int down = to.y < from.y ? -1 : 1;
  const bool steep = height > width;
  const int along = std::max(width, height), across = std::min(width, height);
  int error = along - 2 * across;
  Point at = from;
  for (int i = 0; i <= along; ++i) {
    draw(at.y, at.x, at.x);
    const bool sidewards = error < 0;
    error += -2 * across + (sidewards ? 2 * along : 0);
    if (steep || sidewards) at.y += down;
    if (!steep || sidewards) at.x += 1;
  }
}

/// One of the two chains of edges between which a convex polygon is filled, from its top down.
class Chain {
 public:
  Chain(const std::vector<Point>& corners, size_t top, size_t step)
      : corners_(corners), corner_(top), step_(step), end_(corners[top].y) {}

  /// Goes on to the edge that crosses row `y`, where the present one has ended.
  void MoveTo(int y, int& edges_left) {
    if (y < end_) return;
    size_t from = corner_, to = (corner_ + step_) % corners_.size();
    while (edges_left-- > 0) {
      const int end = corners_[to].y;
      if (end > y) {
        const int64_t begin_x = corners_[from].x * kOne, end_x = corners_[to].x * kOne;
        end_ = end;
        slope_ = ((end_x - begin_x) * 2 + (end - y)) / (2 * (end - y));
        x_ = begin_x;
        corner_ = to;
        return;
      }
      from = to;
      to = (to + step_) % corners_.size();
    }
  }
  void NextRow() { x_ += slope_; }
  int64_t x() const { return x_; }

 private:
  const std::vector<Point>& corners_;
  size_t corner_, step_;
  int end_;
  int64_t x_ = -kOne, slope_ = 0;
};

}  // namespace

void FillDisc(Point centre, int radius, const DrawRun& draw) {
  int error = 0, dx = radius, dy = 0, plus = 1, minus = 2 * radius - 1;
  while (dx >= dy) {
    for (const int sign : {-1, 1}) {
      draw(centre.y + sign * dy, centre.x - dx, centre.x + dx);
      draw(centre.y + sign * dx, centre.x - dy, centre.x + dy);
    }
    ++dy;
    error += plus;
    plus += 2;
    if (error <= 0) continue;
    error -= minus;
    --dx;
    minus -= 2;
  }
}

std::vector<Point> EllipseCorners(Point centre, int half_length, int half_width, int degrees) {
  degrees = ((degrees % 360) + 360) % 360;
  const double cosine = TableSine(90 - degrees), sine = TableSine(degrees);
  std::vector<Point> corners;
  for (int i = 0; i <= 360; ++i) {
    const double x = half_length * TableSine(90 - i), y = half_width * TableSine(i);
    const Point corner{static_cast<int>(std::nearbyint(centre.x + x * cosine - y * sine)),
                       static_cast<int>(std::nearbyint(centre.y + x * sine + y * cosine))};
    if (corners.empty() || !(corner == corners.back())) corners.push_back(corner);
  }
  if (corners.size() == 1) corners.assign(2, centre);
  return corners;
}

void FillConvexPolygon(const std::vector<Point>& corners, const DrawRun& draw) {
  size_t top = 0;
  int bottom = INT_MIN;
  for (size_t i = 0; i < corners.size(); ++i) {
    if (corners[i].y < corners[top].y) top = i;
    bottom = std::max(bottom, corners[i].y);
    DrawLine(corners[(i + corners.size() - 1) % corners.size()], corners[i], draw);
  }
  if (corners.size() < 3) return;
  std::array<Chain, 2> chains{Chain(corners, top, 1), Chain(corners, top, corners.size() - 1)};
  int edges_left = static_cast<int>(corners.size());
  for (int y = corners[top].y; y <= bottom; ++y) {
    for (Chain& chain : chains) chain.MoveTo(y, edges_left);
    const auto [left, right] = std::minmax({chains[0].x(), chains[1].x()});
    draw(y, static_cast<int>((left + kOne / 2) >> kShift),
         static_cast<int>((right + kOne / 2) >> kShift));
    for (Chain& chain : chains) chain.NextRow();
  }
}

}  // namespace atelier::people
