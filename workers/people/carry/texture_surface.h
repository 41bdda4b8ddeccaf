// Which pixels of a photograph may give the texture map their colour.
//
// The fitted body is never exactly where the person is. A pixel beside an edge may show the wall,
// another limb or a hand, and a few of them colour a whole part of the texture map. So pixels are
// left out that lie
//   - outside of the mask, or at its edge;
//   - where the surface is seen at a grazing angle;
//   - beside something nearer: on the far side of a jump in depth;
//   - beside a hand that lies on another part;
//   - on fingers, which are never quite where the body has them;
//   - in parts that show too little of themselves.
#pragma once

#include "base/image.h"
#include "people/carry/dressed_body.h"

namespace atelier::people {

/// Lengths in pixels are those of a picture 256 pixels high, and grow with the picture.
struct TextureRules {
  double mask_edge = 1;
  /// Of the angle between the surface's normal and the direction to the camera.
  double least_cosine = .25;
  double jump_metres = .04;
  double beside_jump = 3;
  double beside_hand = 7;
  /// Pixels of a part; hands and feet, a third.
  double least_part = 30;
};

struct TextureSurface {
  /// (I, U, V) where a pixel may give its colour, else (0, 0, 0).
  Image iuv;
  /// One channel: 255 times the cosine between normal and direction to the camera, how squarely the
  /// surface is seen; 0 where `iuv` is.
  Image squareness;
};

/// `mask`: of the photograph that the body was fitted to, one channel, 255 = the person. The result
/// has its size.
TextureSurface SurfaceForTexture(const BodyFitter& fitter, const DressedBody& dressed,
                                 const Image& mask, const TextureRules& rules = {});

}  // namespace atelier::people
