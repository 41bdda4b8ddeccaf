#include "people/carry/carry.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "people/body/body_view.h"

namespace atelier::people {
namespace {

/// Metres between what is seen at a place and the surface that should be: more is another surface.
constexpr float kSameSurface = .03f;

}  // namespace

CarrySource::CarrySource(const BodyFitter& fitter, DressedBody dressed, const Image& mask,
                         const TextureRules& rules)
    : dressed_(std::move(dressed)),
      screen_(Project(dressed_.body, Vertices(fitter, dressed_))),
      visible_(DrawSurface(fitter.body(), screen_, mask.height, mask.width)),
      squareness_(SurfaceForTexture(fitter, dressed_, mask, rules).squareness) {}

size_t CarrySource::bytes() const {
  return screen_.size() * sizeof(ScreenPoint) + squareness_.data.size() +
         visible_.depth.size() * (sizeof(float) + sizeof(int)) +
         dressed_.clothes.size() * sizeof(float);
}

float CarrySource::SquarenessAt(float x, float y, float depth) const {
  const int nearest_x = FloorToInt(x), nearest_y = FloorToInt(y);
  if (nearest_x < 0 || nearest_y < 0 || nearest_x >= width() || nearest_y >= height()) return 0;
  const size_t at = static_cast<size_t>(nearest_y) * static_cast<size_t>(width()) +
                    static_cast<size_t>(nearest_x);
  if (std::fabs(visible_.depth[at] - depth) > kSameSurface) return 0;
  const int x0 = FloorToInt(x - .5f), y0 = FloorToInt(y - .5f);
  const float fx = x - .5f - static_cast<float>(x0), fy = y - .5f - static_cast<float>(y0);
  const auto value = [&](int row, int column) {
    return static_cast<float>(
        *squareness_.at(std::clamp(row, 0, height() - 1), std::clamp(column, 0, width() - 1)));
  };
  const float above = value(y0, x0) * (1 - fx) + value(y0, x0 + 1) * fx;
  const float below = value(y0 + 1, x0) * (1 - fx) + value(y0 + 1, x0 + 1) * fx;
  return (above * (1 - fy) + below * fy) / 255;
}

CarryMap MapToSource(const BodyFitter& fitter, const CarrySource& source, const DressedBody& target,
                     int height, int width) {
  const std::vector<ScreenPoint> screen = Project(target.body, Vertices(fitter, target));
  const DepthBuffer visible = DrawSurface(fitter.body(), screen, height, width);
  const size_t pixels = visible.triangle.size();
  CarryMap map{height,
               width,
               std::vector<uint8_t>(pixels),
               std::vector<float>(pixels),
               std::vector<float>(pixels),
               std::vector<float>(pixels)};
  const std::vector<ScreenPoint>& from = source.screen();
  for (size_t i = 0; i < pixels; ++i) {
    if (visible.triangle[i] < 0) continue;
    map.person[i] = 1;
    const Triangle& t = SurfaceTriangle(fitter.body(), visible.triangle[i]);
    const auto a = static_cast<size_t>(t[0]), b = static_cast<size_t>(t[1]),
               c = static_cast<size_t>(t[2]);
    const auto row = static_cast<float>(i / static_cast<size_t>(width));
    const auto column = static_cast<float>(i % static_cast<size_t>(width));
    const Barycentric w =
        ScreenTriangle(screen[a], screen[b], screen[c]).At(column + .5f, row + .5f);
    const auto blend = [&](float ScreenPoint::*of) {
      return from[a].*of * (1 - w.b - w.c) + from[b].*of * w.b + from[c].*of * w.c;
    };
    map.x[i] = blend(&ScreenPoint::x);
    map.y[i] = blend(&ScreenPoint::y);
    map.squareness[i] = source.SquarenessAt(map.x[i], map.y[i], blend(&ScreenPoint::depth));
  }
  return map;
}

}  // namespace atelier::people
