// The naked body on the screen: its surface, and its IUV through the project's chart.
#pragma once

#include <vector>

#include "base/image.h"
#include "people/body.h"
#include "people/raster.h"

namespace atelier::people {

/// The nearest skin triangle of every pixel. `screen`: every vertex of the body.
DepthBuffer DrawSkin(const Body& body, const std::vector<ScreenPoint>& screen, int height,
                     int width);

/// (I, U, V) of what DrawSkin() shows.
Image IuvOf(const Body& body, const std::vector<ScreenPoint>& screen, const DepthBuffer& visible);

}  // namespace atelier::people
