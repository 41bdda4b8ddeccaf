// The colours of a photographed person's whole surface: those that were seen, and for the rest what
// is likeliest from them.
//
// What was not seen continues what was, along the surface: around a limb or the torso first, since
// a garment's borders run around the body, and along it where a whole limb was not seen. So a back
// takes its colours from the person's sides at the same height, and the lower legs those of the
// upper. The face is not mixed with hair.
#pragma once

#include <span>
#include <vector>

#include "base/image.h"
#include "people/carry/carry.h"

namespace atelier::people {

/// What one photograph tells of the vertices of the skin, in the order of Body::skin_vertices().
struct SeenColours {
  struct Colour {
    /// RGB, 0..255.
    Vec3 rgb;
    /// How much it counts, 0..1: the less the more grazing it was seen. 0 = not seen.
    double trust = 0;
  };
  std::vector<Colour> colours;
};

/// `photograph`: RGB, of the aspect of the picture that `source` was fitted to, of any size.
SeenColours ReadColours(const BodyFitter& fitter, const CarrySource& source,
                        const Image& photograph);

struct SurfaceColours {
  /// RGB, 0..255, of every vertex of the body; (0, 0, 0) where there is no skin.
  std::vector<Vec3> colours;
  /// Whether the face was seen: the colours of an unseen face are not to be used.
  bool has_face = false;
};

/// From all photographs of one person; each vertex by the one that saw it most squarely.
SurfaceColours ColourSurface(const BodyFitter& fitter, std::span<const SeenColours* const> seen);

}  // namespace atelier::people
