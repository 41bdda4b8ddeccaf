// Hole filling after A. Telea, "An Image Inpainting Technique Based on the Fast Marching Method"
// (2004), to the pixel as OpenCV's INPAINT_TELEA does it for RGB.
//
// OpenCV's own is not called because it has no one result: Debian's build of 4.6.0 differs from
// PyPI's by up to three grey levels (the C library decides whether a square root is taken in float
// or double), and 5.0 differs from both. This is PyPI's 4.6.0, every operation's width written out.
#pragma once

#include "base/image.h"

namespace atelier::perception {

/// Fills the pixels of `picture` (RGB) where `holes` (one channel) is not 0 from the known pixels
/// within `radius`, nearest to the known ones first. Without any known pixel it stays as it is.
/// REQUIRES: one size; radius 1..100.
Image FillTelea(Image picture, const Image& holes, int radius);

}  // namespace atelier::perception
