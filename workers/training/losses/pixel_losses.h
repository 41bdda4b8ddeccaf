// Losses over the pixels of rendered pictures, where errors count more on the person and most on
// the face.
#pragma once

#include <ATen/ATen.h>

#include "base/image.h"
#include "people/render/render.h"

namespace atelier::training {

/// How much an error counts on the wall, on the person, and on the face: eyes are a pixel or two
/// across, and viewers look at the face first.
inline constexpr uint8_t kWallWeight = 1, kPersonWeight = 3, kFaceWeight = 16;

/// One of the weights above for each pixel of `rendering`; one channel.
Image ErrorWeights(const people::Rendering& rendering);

/// Mean |difference| [B, C, H, W], weighted by `weights` [B, 1, H, W].
at::Tensor AbsoluteLoss(const at::Tensor& difference, const at::Tensor& weights);

/// Mean weighted |d/dx| + |d/dy| of the difference: what AbsoluteLoss() alone leaves soft.
at::Tensor GradientLoss(const at::Tensor& difference, const at::Tensor& weights);

/// Mean error of hue over 4x4 pixels. AbsoluteLoss() of RGB is nearly blind to it: most of a
/// picture's error is light and dark, and a grey person is a local minimum that training stays in
/// for long.
at::Tensor ColourLoss(const at::Tensor& difference);

}  // namespace atelier::training
