// A photographed person's texture map with the colours of what was not seen.
#pragma once

#include "base/image.h"
#include "engine/texture/texture_map.h"
#include "people/carry/surface_colours.h"

namespace atelier::detail {

/// `texture` ("atlas") with its unseen texels in the surface's colours and its validity kTexelSeen,
/// so that a model paints them and not its own guess. Texels of a head whose face was not seen stay
/// as they are: a model knows faces. REQUIRES: `surface` is of `body`.
engine::TextureMap CompleteTexture(engine::TextureMap texture, const people::Body& body,
                                   const people::SurfaceColours& surface);

}  // namespace atelier::detail
