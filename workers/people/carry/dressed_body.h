// A fitted body with its clothes and hair.
//
// Clothes and hair are described by how far they stand off the body: one distance for every vertex,
// along the surface's normal. They are measured once, where the person was seen, and go along with
// the body into other poses, so that hair, wide sleeves and the hem of a coat are carried too.
#pragma once

#include <vector>

#include "people/fit/body_fitter.h"

namespace atelier::people {

struct DressedBody {
  FittedBody body;
  /// Metres that clothes and hair stand off the body, of every vertex; empty: none.
  std::vector<float> clothes;
};

/// Every vertex of skin and eyes with what is worn over it, metres in the camera's frame; the
/// others are (0, 0, 0). REQUIRES: `clothes` is empty or has one entry for every vertex of the
/// body.
std::vector<Vec3> Vertices(const BodyFitter& fitter, const DressedBody& dressed);

/// Where points in the camera's frame fall in the picture: pixels, and metres from the camera.
std::vector<ScreenPoint> Project(const FittedBody& body, const std::vector<Vec3>& points);

/// Every vertex of `posed` moved by `clothes` metres along its normal, before its camera. REQUIRES:
/// `clothes` has one entry for every vertex of the body.
std::vector<ScreenPoint> ProjectClothed(const Body& body, const PosedBody& posed,
                                        const std::vector<float>& clothes);

/// How far the mask's outline stands off the body's, spread over the body's surface: metres, of
/// every vertex. Hands, feet and the face have none. Between points of the outline the distance
/// changes smoothly, and each point tells a little about its mirrored twin.
///
/// `mask`: of the picture that `posed` was fitted to, one channel, 255 = the person.
std::vector<float> MeasureClothes(const Body& body, const PosedBody& posed, const Image& mask);

}  // namespace atelier::people
