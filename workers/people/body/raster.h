// A depth-buffered triangle rasteriser. Samples lie at pixel centres.
#pragma once

#include <limits>
#include <vector>

#include "people/body/body.h"
#include "people/body/vec.h"

namespace atelier::people {

struct ScreenPoint {
  float x = 0;
  float y = 0;
  float depth = 0;  // metres from the camera
};

/// Where a sample lies in a triangle: weights of its second and third corner.
struct Barycentric {
  float b = 0;
  float c = 0;
};

/// The plane equations of one triangle on the screen.
class ScreenTriangle {
 public:
  ScreenTriangle(const ScreenPoint& a, const ScreenPoint& b, const ScreenPoint& c)
      : ax_(a.x), ay_(a.y), bx_(b.x - a.x), by_(b.y - a.y), cx_(c.x - a.x), cy_(c.y - a.y) {
    area_ = bx_ * cy_ - by_ * cx_;
    inverse_ = 1 / area_;
  }
  /// Negative for triangles that face the camera (y points down).
  float area() const { return area_; }
  Barycentric At(float x, float y) const {
    const float px = x - ax_;
    const float py = y - ay_;
    return {(px * cy_ - py * cx_) * inverse_, (bx_ * py - by_ * px) * inverse_};
  }

 private:
  float ax_, ay_, bx_, by_, cx_, cy_;
  float area_ = 0;
  float inverse_ = 0;
};

struct DepthBuffer {
  DepthBuffer(int height, int width)
      : height(height),
        width(width),
        depth(static_cast<size_t>(height) * static_cast<size_t>(width),
              std::numeric_limits<float>::infinity()),
        triangle(depth.size(), -1) {}

  int height;
  int width;
  std::vector<float> depth;
  std::vector<int> triangle;  // -1 = nothing
};

/// Draws triangle `index`. `keep(Barycentric)` is asked of samples that would be nearest.
template <typename Keep>
void DrawTriangle(const std::vector<ScreenPoint>& points, const Triangle& t, int index,
                  bool two_sided, DepthBuffer& out, const Keep& keep) {
  constexpr float kTolerance = -1e-5f;  // neighbours overlap a little rather than leave a crack
  const ScreenPoint& a = points[static_cast<size_t>(t[0])];
  const ScreenPoint& b = points[static_cast<size_t>(t[1])];
  const ScreenPoint& c = points[static_cast<size_t>(t[2])];
  const ScreenTriangle plane(a, b, c);
  if (two_sided ? std::fabs(plane.area()) < 1e-9f : plane.area() > -1e-9f) return;
  const float left = std::min({a.x, b.x, c.x}), right = std::max({a.x, b.x, c.x});
  const float top = std::min({a.y, b.y, c.y}), bottom = std::max({a.y, b.y, c.y});
  const auto limit = [](float v, int most) {
    return std::clamp(v, -1.0f, static_cast<float>(most) + 1);
  };
  const int x0 = std::max(0, FloorToInt(limit(left, out.width) + .5f));
  const int x1 = std::min(out.width - 1, FloorToInt(limit(right, out.width) - .5f));
  const int y0 = std::max(0, FloorToInt(limit(top, out.height) + .5f));
  const int y1 = std::min(out.height - 1, FloorToInt(limit(bottom, out.height) - .5f));
  const float db = b.depth - a.depth;
  const float dc = c.depth - a.depth;
  for (int y = y0; y <= y1; ++y) {
    const size_t row = static_cast<size_t>(y) * static_cast<size_t>(out.width);
    for (int x = x0; x <= x1; ++x) {
      const Barycentric w = plane.At(static_cast<float>(x) + .5f, static_cast<float>(y) + .5f);
      if (w.b < kTolerance || w.c < kTolerance || 1 - w.b - w.c < kTolerance) continue;
      const float depth = a.depth + db * w.b + dc * w.c;
      const size_t at = row + static_cast<size_t>(x);
      if (depth >= out.depth[at] || !keep(w)) continue;
      out.depth[at] = depth;
      out.triangle[at] = index;
    }
  }
}

/// Attributes inside a triangle.
inline Attributes Interpolate(const Attributes& a, const Attributes& b, const Attributes& c,
                              const Barycentric& w) {
  const float wa = 1 - w.b - w.c;
  const auto mix = [&](float p, float q, float r) { return p * wa + q * w.b + r * w.c; };
  Attributes out;
  out.at = a.at * wa + b.at * w.b + c.at * w.c;
  out.arm = mix(a.arm, b.arm, c.arm);
  out.leg = mix(a.leg, b.leg, c.leg);
  out.arm_weight = mix(a.arm_weight, b.arm_weight, c.arm_weight);
  out.leg_weight = mix(a.leg_weight, b.leg_weight, c.leg_weight);
  out.head_weight = mix(a.head_weight, b.head_weight, c.head_weight);
  out.neck_weight = mix(a.neck_weight, b.neck_weight, c.neck_weight);
  out.lips = mix(a.lips, b.lips, c.lips);
  out.ears = mix(a.ears, b.ears, c.ears);
  out.mouth = mix(a.mouth, b.mouth, c.mouth);
  out.lids = mix(a.lids, b.lids, c.lids);
  return out;
}

}  // namespace atelier::people
