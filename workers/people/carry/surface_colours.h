// The colours of a photographed person's whole surface: those that were seen, and for the rest what
// is likeliest from them.
//
// What was not seen continues what was, along the surface: around a limb or the torso first, since
// a garment's borders run around the body, and along it where a whole limb was not seen. So a back
// takes its colours from the person's sides at the same height, and the lower legs those of the
// upper. The face is not mixed with hair.
#pragma once

#include <vector>

#include "base/image.h"
#include "people/carry/carry.h"

namespace atelier::people {

struct SurfaceColours {
  /// RGB, 0..255, of every vertex of the body; (0, 0, 0) where there is no skin.
  std::vector<Vec3> colours;
  /// Whether the photograph shows the face: the colours of an unseen face are not to be used.
  bool has_face = false;
};

/// `photograph`: RGB, of the aspect of the picture that `source` was fitted to, of any size.
SurfaceColours ColourSurface(const BodyFitter& fitter, const CarrySource& source,
                             const Image& photograph);

}  // namespace atelier::people
