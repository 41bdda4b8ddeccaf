// The naked body on the screen: its surface, and its IUV through the project's chart.
#pragma once

#include <vector>

#include "base/image.h"
#include "people/body/body.h"
#include "people/body/raster.h"

namespace atelier::people {

/// The nearest skin triangle of every pixel. `screen`: every vertex of the body.
DepthBuffer DrawSkin(const Body& body, const std::vector<ScreenPoint>& screen, int height,
                     int width);

/// The nearest triangle of skin and eyes of every pixel; SurfaceTriangle() has their numbers.
/// Without eyes, the inside of the head is seen through its holes.
DepthBuffer DrawSurface(const Body& body, const std::vector<ScreenPoint>& screen, int height,
                        int width);

/// Triangle `index` of DrawSurface(): those of the skin, then those of the eyes.
const Triangle& SurfaceTriangle(const Body& body, int index);

/// (I, U, V) of what DrawSkin() or DrawSurface() shows.
Image IuvOf(const Body& body, const std::vector<ScreenPoint>& screen, const DepthBuffer& visible);

}  // namespace atelier::people
