#include "people/render/flow.h"

#include <algorithm>
#include <cmath>

#include "people/render/posed_mesh.h"

namespace atelier::people {
namespace {

/// Metres by which depths may differ within one surface from pixel to pixel.
constexpr float kOneSurface = .03f;

struct Seen {
  PosedMesh posed;
  DepthBuffer visible;
};

Seen SeenIn(const Body& body, const Person& person, const StagedPose& frame,
            RenderOptions options) {
  options.supersample = 1;
  options.stage = &frame.stage;
  PosedMesh posed = PoseDressed(body, person, frame.pose, frame.view, options);
  DepthBuffer visible = DrawDressed(body, person.look, posed, options.height, options.width);
  return {std::move(posed), std::move(visible)};
}

/// Whether a sample shows the surface at `depth`; the wall is infinitely far.
bool Shows(const DepthBuffer& visible, int x, int y, float depth) {
  if (x < 0 || y < 0 || x >= visible.width || y >= visible.height) return false;
  const float other = visible.depth[static_cast<size_t>(y) * static_cast<size_t>(visible.width) +
                                    static_cast<size_t>(x)];
  if (std::isinf(depth) || std::isinf(other)) return std::isinf(depth) == std::isinf(other);
  return std::abs(other - depth) < kOneSurface;
}

/// Where the surface point under pixel (x, y) of `from` is in `to`.
ScreenPoint Follow(const Seen& from, const Seen& to, int triangle, float x, float y) {
  const Triangle& t = from.posed.mesh.triangles[static_cast<size_t>(triangle)];
  const auto at = [&](const Seen& seen, int corner) -> const ScreenPoint& {
    return seen.posed.screen[static_cast<size_t>(t[static_cast<size_t>(corner)])];
  };
  const Barycentric w = ScreenTriangle(at(from, 0), at(from, 1), at(from, 2)).At(x, y);
  // Weights on the screen are not those on the surface where the corners' depths differ.
  const float a = (1 - w.b - w.c) * at(from, 0).depth;
  const float b = w.b * at(from, 1).depth;
  const float c = w.c * at(from, 2).depth;
  const float all = a + b + c;
  // The same on the way back: surface to screen.
  const float wa = a / all / at(to, 0).depth, wb = b / all / at(to, 1).depth,
              wc = c / all / at(to, 2).depth;
  const float depth = 1 / (wa + wb + wc);
  return {(wa * at(to, 0).x + wb * at(to, 1).x + wc * at(to, 2).x) * depth,
          (wa * at(to, 0).y + wb * at(to, 1).y + wc * at(to, 2).y) * depth, depth};
}

}  // namespace

Flow TrueFlow(const Body& body, const Person& person, const StagedPose& from, const StagedPose& to,
              const RenderOptions& options) {
  const Seen a = SeenIn(body, person, from, options), b = SeenIn(body, person, to, options);
  const auto pixels = static_cast<size_t>(options.height) * static_cast<size_t>(options.width);
  Flow flow{options.height,
            options.width,
            std::vector<float>(pixels),
            std::vector<float>(pixels),
            std::vector<uint8_t>(pixels),
            std::vector<uint8_t>(pixels)};
  for (int y = 0; y < options.height; ++y) {
    for (int x = 0; x < options.width; ++x) {
      const size_t i =
          static_cast<size_t>(y) * static_cast<size_t>(options.width) + static_cast<size_t>(x);
      const int triangle = a.visible.triangle[i];
      const float depth = a.visible.depth[i];
      bool known = true;
      for (const int step : {-1, 1}) {
        known = known && Shows(a.visible, std::clamp(x + step, 0, options.width - 1), y, depth) &&
                Shows(a.visible, x, std::clamp(y + step, 0, options.height - 1), depth);
      }
      const float middle_x = static_cast<float>(x) + .5f, middle_y = static_cast<float>(y) + .5f;
      const ScreenPoint there = triangle < 0 ? ScreenPoint{middle_x, middle_y, depth}
                                             : Follow(a, b, triangle, middle_x, middle_y);
      flow.x[i] = there.x - middle_x;
      flow.y[i] = there.y - middle_y;
      flow.person[i] = triangle >= 0;
      const int left = FloorToInt(there.x - .5f), top = FloorToInt(there.y - .5f);
      for (int corner = 0; corner < 4; ++corner) {
        known = known && Shows(b.visible, std::min(left + corner % 2, options.width - 1),
                               std::min(top + corner / 2, options.height - 1), there.depth);
      }
      flow.known[i] = known;
    }
  }
  return flow;
}

std::vector<float> WarpBack(const Image& picture, const Flow& flow) {
  std::vector<float> out(picture.data.begin(), picture.data.end());
  for (int y = 0; y < flow.height; ++y) {
    for (int x = 0; x < flow.width; ++x) {
      const size_t i =
          static_cast<size_t>(y) * static_cast<size_t>(flow.width) + static_cast<size_t>(x);
      if (flow.known[i] == 0) continue;
      const float to_x = static_cast<float>(x) + flow.x[i],
                  to_y = static_cast<float>(y) + flow.y[i];
      const int left = FloorToInt(to_x), top = FloorToInt(to_y);
      const float right_share = to_x - static_cast<float>(left);
      const float bottom_share = to_y - static_cast<float>(top);
      const auto at = [&](int row, int column, size_t channel) {
        return static_cast<float>(picture.at(std::clamp(row, 0, flow.height - 1),
                                             std::clamp(column, 0, flow.width - 1))[channel]);
      };
      for (size_t c = 0; c < 3; ++c) {
        const float above =
            at(top, left, c) * (1 - right_share) + at(top, left + 1, c) * right_share;
        const float below =
            at(top + 1, left, c) * (1 - right_share) + at(top + 1, left + 1, c) * right_share;
        out[i * 3 + c] = above * (1 - bottom_share) + below * bottom_share;
      }
    }
  }
  return out;
}

}  // namespace atelier::people
