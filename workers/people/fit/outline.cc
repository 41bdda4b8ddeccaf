#include "people/fit/outline.h"

#include <algorithm>
#include <cmath>
#include <optional>

namespace atelier::people {
namespace {

using Eigen::Vector2d;

/// Metres: what is further off is another limb's outline.
constexpr double kFurthest = .2;
// How much a point counts, by the distance in metres. Body outside of the mask is wrong; mask
// outside of the body may be clothes or hair.
constexpr double kOutsideMaskDeviation = .017, kOutsideMaskRange = .1;
constexpr double kInsideMaskDeviation = .035, kInsideMaskRange = .04;
constexpr double kHairShare = .3;
/// All points together count as this many.
constexpr double kPointsCounted = 250;
constexpr double kOutlineShare = 1.4;
/// Pixels that the outline is smoothed over before its normal is taken.
constexpr double kSmoothing = 2;
constexpr int kSmoothingReach = 6;
constexpr double kHalf = 127.5;

bool Inside(const DepthBuffer& visible, int y, int x) {
  y = std::clamp(y, 0, visible.height - 1);
  x = std::clamp(x, 0, visible.width - 1);
  return visible.triangle[static_cast<size_t>(y) * static_cast<size_t>(visible.width) +
                          static_cast<size_t>(x)] >= 0;
}

struct Pixel {
  int y = 0;
  int x = 0;
};

/// Pixels of the body that have a neighbour outside of it, without those at the picture's edge.
std::vector<Pixel> OutlinePixels(const DepthBuffer& visible, int most) {
  std::vector<Pixel> all;
  for (int y = 1; y + 1 < visible.height; ++y) {
    for (int x = 1; x + 1 < visible.width; ++x) {
      if (!Inside(visible, y, x)) continue;
      bool edge = false;
      for (int dy = -1; dy <= 1 && !edge; ++dy) {
        for (int dx = -1; dx <= 1 && !edge; ++dx) edge = !Inside(visible, y + dy, x + dx);
      }
      if (edge) all.push_back({y, x});
    }
  }
  if (static_cast<int>(all.size()) <= most) return all;
  std::vector<Pixel> some;
  for (int i = 0; i < most; ++i) {
    some.push_back(all[static_cast<size_t>(i) * (all.size() - 1) / static_cast<size_t>(most - 1)]);
  }
  return some;
}

/// Outward, unit: against the gradient of the smoothed body.
std::optional<Vector2d> NormalAt(const DepthBuffer& visible, const Pixel& pixel) {
  Vector2d normal(0, 0);
  for (int dy = -kSmoothingReach; dy <= kSmoothingReach; ++dy) {
    for (int dx = -kSmoothingReach; dx <= kSmoothingReach; ++dx) {
      if (!Inside(visible, pixel.y + dy, pixel.x + dx)) continue;
      normal -= Vector2d(dx, dy) * std::exp(-(dx * dx + dy * dy) / (2 * kSmoothing * kSmoothing));
    }
  }
  if (normal.norm() < 1e-2) return std::nullopt;
  return normal.normalized();
}

/// Linear between pixel centres; nothing outside of the picture.
std::optional<double> MaskAt(const Image& mask, const Vector2d& at) {
  const double x = at.x() - .5, y = at.y() - .5;
  const int x0 = static_cast<int>(std::floor(x)), y0 = static_cast<int>(std::floor(y));
  if (x0 < 0 || y0 < 0 || x0 + 1 >= mask.width || y0 + 1 >= mask.height) return std::nullopt;
  const double fx = x - x0, fy = y - y0;
  const double above = *mask.at(y0, x0) * (1 - fx) + *mask.at(y0, x0 + 1) * fx;
  const double below = *mask.at(y0 + 1, x0) * (1 - fx) + *mask.at(y0 + 1, x0 + 1) * fx;
  return above * (1 - fy) + below * fy;
}

/// Pixels from `from` along `normal` to the mask's edge, negative when it lies inward.
std::optional<double> DistanceToMask(const Image& mask, const Vector2d& from,
                                     const Vector2d& normal, int reach) {
  std::optional<double> last = MaskAt(mask, from);
  if (!last) return std::nullopt;
  const bool within = *last > kHalf;
  const double direction = within ? 1 : -1;
  for (int step = 1; step <= reach; ++step) {
    const std::optional<double> next = MaskAt(mask, from + normal * (direction * step));
    if (!next) return std::nullopt;
    if ((*next > kHalf) != within) {
      return direction * (step - 1 + (kHalf - *last) / (*next - *last));
    }
    last = next;
  }
  return std::nullopt;
}

double Share(double distance, double range) { return 1 / (1 + Square(distance / range)); }

}  // namespace

std::vector<OutlineDistance> OutlineDistances(const Body& body, const DepthBuffer& visible,
                                              const Image& mask, int reach, int most_points) {
  std::vector<OutlineDistance> distances;
  for (const Pixel& pixel : OutlinePixels(visible, most_points)) {
    const std::optional<Vector2d> normal = NormalAt(visible, pixel);
    if (!normal) continue;
    const Vector2d middle(pixel.x + .5, pixel.y + .5);
    const std::optional<double> found = DistanceToMask(mask, middle, *normal, reach);
    if (!found) continue;
    const size_t at = static_cast<size_t>(pixel.y) * static_cast<size_t>(visible.width) +
                      static_cast<size_t>(pixel.x);
    const int vertex = body.skin()[static_cast<size_t>(visible.triangle[at])][0];
    distances.push_back({vertex, middle, *normal, *found});
  }
  return distances;
}

std::vector<OutlineMatch> MatchOutline(const Body& body, const ArticulatedBody& articulated,
                                       const std::vector<ScreenPoint>& screen,
                                       const DepthBuffer& visible, const FitCamera& camera,
                                       const Image& mask, const OutlineOptions& options) {
  const double scale = camera.pixels_per_metre();
  std::vector<OutlineMatch> matches;
  for (const OutlineDistance& point :
       OutlineDistances(body, visible, mask, options.reach, options.most_points)) {
    double distance = point.pixels;
    if (distance > 0) distance = std::max(0.0, distance - options.clothes * scale);
    const double metres = distance / scale;
    if (std::abs(metres) > kFurthest) continue;
    double weight = metres < 0 ? Share(metres, kOutsideMaskRange) / kOutsideMaskDeviation
                               : Share(metres, kInsideMaskRange) / kInsideMaskDeviation;
    const auto vertex = static_cast<size_t>(point.vertex);
    const bool head = body.attributes()[vertex].head_weight > .5f;
    if (head && metres > 0) weight *= kHairShare;
    matches.push_back({articulated.VertexPoint(point.vertex),
                       Vector2d(screen[vertex].x, screen[vertex].y), point.normal, distance,
                       weight});
  }
  const double share =
      kOutlineShare *
      std::sqrt(kPointsCounted / static_cast<double>(std::max<size_t>(1, matches.size())));
  for (OutlineMatch& match : matches) match.weight *= share;
  return matches;
}

Image ResizeMask(const Image& mask, int height, int width) {
  if (height == mask.height && width == mask.width) return mask;
  // Where a new pixel begins and ends among the old ones; at least one old pixel wide, so that
  // growing is linear.
  struct Span {
    int first = 0;
    std::vector<float> weights;
  };
  const auto spans = [](int from, int to) {
    std::vector<Span> out(static_cast<size_t>(to));
    const double step = static_cast<double>(from) / to, wide = std::max(step, 1.0);
    for (int i = 0; i < to; ++i) {
      const double low = (i + .5) * step - wide / 2, high = low + wide;
      Span& span = out[static_cast<size_t>(i)];
      span.first = static_cast<int>(std::floor(low));
      for (int j = span.first; j < high; ++j) {
        const double part = std::min<double>(high, j + 1) - std::max<double>(low, j);
        span.weights.push_back(static_cast<float>(std::max(0.0, part) / wide));
      }
    }
    return out;
  };
  const std::vector<Span> rows = spans(mask.height, height), columns = spans(mask.width, width);
  std::vector<float> narrowed(static_cast<size_t>(mask.height) * static_cast<size_t>(width));
  for (int y = 0; y < mask.height; ++y) {
    for (int x = 0; x < width; ++x) {
      const Span& span = columns[static_cast<size_t>(x)];
      float sum = 0;
      for (size_t k = 0; k < span.weights.size(); ++k) {
        const int from = std::clamp(span.first + static_cast<int>(k), 0, mask.width - 1);
        sum += span.weights[k] * static_cast<float>(*mask.at(y, from));
      }
      narrowed[static_cast<size_t>(y) * static_cast<size_t>(width) + static_cast<size_t>(x)] = sum;
    }
  }
  Image out(height, width, 1);
  for (int y = 0; y < height; ++y) {
    const Span& span = rows[static_cast<size_t>(y)];
    for (int x = 0; x < width; ++x) {
      float sum = 0;
      for (size_t k = 0; k < span.weights.size(); ++k) {
        const int from = std::clamp(span.first + static_cast<int>(k), 0, mask.height - 1);
        sum += span.weights[k] * narrowed[static_cast<size_t>(from) * static_cast<size_t>(width) +
                                          static_cast<size_t>(x)];
      }
      *out.at(y, x) = static_cast<uint8_t>(std::clamp(sum + .5f, 0.0f, 255.0f));
    }
  }
  return out;
}

}  // namespace atelier::people
