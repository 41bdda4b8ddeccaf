#include "people/body/body_view.h"

namespace atelier::people {

namespace {

void Draw(const std::vector<Triangle>& triangles, int first, const std::vector<ScreenPoint>& screen,
          DepthBuffer& visible) {
  for (size_t i = 0; i < triangles.size(); ++i) {
    DrawTriangle(screen, triangles[i], first + static_cast<int>(i), false, visible,
                 [](const Barycentric&) { return true; });
  }
}

}  // namespace

DepthBuffer DrawSkin(const Body& body, const std::vector<ScreenPoint>& screen, int height,
                     int width) {
  DepthBuffer visible(height, width);
  Draw(body.skin(), 0, screen, visible);
  return visible;
}

DepthBuffer DrawSurface(const Body& body, const std::vector<ScreenPoint>& screen, int height,
                        int width) {
  DepthBuffer visible = DrawSkin(body, screen, height, width);
  Draw(body.eyes(), static_cast<int>(body.skin().size()), screen, visible);
  return visible;
}

const Triangle& SurfaceTriangle(const Body& body, int index) {
  const auto at = static_cast<size_t>(index);
  return at < body.skin().size() ? body.skin()[at] : body.eyes()[at - body.skin().size()];
}

Image IuvOf(const Body& body, const std::vector<ScreenPoint>& screen, const DepthBuffer& visible) {
  Image iuv(visible.height, visible.width, 3);
  const auto& attributes = body.attributes();
  size_t at = 0;
  for (int y = 0; y < visible.height; ++y) {
    for (int x = 0; x < visible.width; ++x, ++at) {
      if (visible.triangle[at] < 0) continue;
      const Triangle& t = SurfaceTriangle(body, visible.triangle[at]);
      const auto a = static_cast<size_t>(t[0]);
      const auto b = static_cast<size_t>(t[1]);
      const auto c = static_cast<size_t>(t[2]);
      const Barycentric w = ScreenTriangle(screen[a], screen[b], screen[c])
                                .At(static_cast<float>(x) + .5f, static_cast<float>(y) + .5f);
      const Iuv place =
          body.chart().At(Interpolate(attributes[a], attributes[b], attributes[c], w));
      uint8_t* pixel = iuv.at(y, x);
      pixel[0] = place.part;
      pixel[1] = static_cast<uint8_t>(place.u * 255 + .5f);
      pixel[2] = static_cast<uint8_t>(place.v * 255 + .5f);
    }
  }
  return iuv;
}

}  // namespace atelier::people
