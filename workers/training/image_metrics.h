// How close two pictures are.
#pragma once

#include "base/image.h"

namespace atelier::training {

/// PSNR in dB of `a` against `b` over the pixels where `mask` (one channel) is not 0; every pixel
/// when `mask` is null. Peak 255, all channels together. 99 when nothing differs or nothing counts.
double Psnr(const Image& a, const Image& b, const Image* mask);

/// Mean SSIM of the pictures' luma (Wang et al. 2004): 11x11 Gaussian window of sigma 1.5, windows
/// inside the picture alone, K1 0.01, K2 0.03, range 255.
double Ssim(const Image& a, const Image& b);

}  // namespace atelier::training
