// Plain pictures into the tensors a network reads, and back into a grid to look at.
#pragma once

#include <ATen/ATen.h>

#include <vector>

#include "base/image.h"

namespace atelier::training {

/// Pictures of one size -> [B, C, H, W] float in 0..1 (value / 255).
at::Tensor ToBatch(const std::vector<const Image*>& pictures);

/// [C, H, W] in 0..1 (clamped) -> picture.
Image ToImage(const at::Tensor& picture);

/// Rows of equally sized RGB pictures -> one picture.
Image Grid(const std::vector<std::vector<Image>>& rows);

/// RGB look of an IUV picture: a colour per part, shaded by U and V.
Image ShowIuv(const Image& iuv);

/// PSNR in dB of `a` against `b` over the pixels where `mask` (one channel) is not 0; every pixel
/// when `mask` is null. Peak 255, all channels.
double Psnr(const Image& a, const Image& b, const Image* mask);

}  // namespace atelier::training
