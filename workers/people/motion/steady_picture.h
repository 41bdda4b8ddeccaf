// Painted frames that follow one another, steadied: a frame is mixed with the frame before it, as
// that was steadied, at the same spots of the body.
#pragma once

#include "base/image.h"

namespace atelier::people {

/// A frame and the pose that it was painted in.
struct PosedPicture {
  /// RGB.
  const Image& picture;
  /// (I, U, V) of the picture's size.
  const Image& iuv;
};

struct SteadyOptions {
  /// What the frame before counts where it agrees, 0..1.
  float share = .5f;
  /// Grey levels by which both may differ before it counts half as much: what moved into sight or
  /// out of it is not mixed.
  float agreement = 24;
};

/// `now`, mixed with `before` where the same spot of the body, or the background, is seen in both.
/// It depends on these two frames alone, so that a sequence may be taken up at any frame. REQUIRES:
/// four pictures of one size; both frames of one shot before a camera that stands still.
Image Steadied(const PosedPicture& now, const PosedPicture& before,
               const SteadyOptions& options = {});

}  // namespace atelier::people
