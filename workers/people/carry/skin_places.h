// The vertices of the skin by their places in Body::skin_vertices(), which is how the unknowns of
// systems over the surface are numbered.
#pragma once

#include <vector>

#include "people/body/body.h"

namespace atelier::people {

/// Place of every vertex of the body in skin_vertices(); -1 = not of the skin.
std::vector<int> PlacesInSkin(const Body& body);

/// For every vertex of the skin, by its place, the place of the one nearest to its mirror image.
/// The mesh is symmetric up to rounding.
std::vector<int> MirrorTwins(const Body& body);

/// Whether a vertex moves mostly with a bone that hangs on one of `bones`, or with one of those
/// itself where `with_them`.
std::vector<bool> VerticesOn(const Body& body, const std::vector<int>& bones, bool with_them);

/// Whether a vertex is of the front of the face, without its sides, ears and hair.
std::vector<bool> FrontOfFace(const Body& body);

}  // namespace atelier::people
