// How close two pictures are.
#pragma once

#include <optional>

#include "base/image.h"

namespace atelier::training {

/// PSNR in dB of `a` against `b` over the pixels where `mask` (one channel) is not 0; every pixel
/// when `mask` is null. Peak 255, all channels together. 99 when nothing differs or nothing counts.
double Psnr(const Image& a, const Image& b, const Image* mask);

/// Mean SSIM of the pictures' luma (Wang et al. 2004): 11x11 Gaussian window of sigma 1.5, windows
/// inside the picture alone, K1 0.01, K2 0.03, range 255.
double Ssim(const Image& a, const Image& b);

/// Regions of fewer pixels say nothing.
inline constexpr int kLeastRegionPixels = 24;

/// How sharp a picture is where the truth is, and how clean where the truth is even. Neither noise
/// nor unsharp masking raises the first without raising the second.
struct EdgeScores {
  /// The picture's gradient of luma projected on the truth's, summed over the tenth of all pixels
  /// where the truth's is largest, over the truth's own square sum: 1 = as sharp as the truth.
  double edge_fidelity = 0;
  /// Mean gradient over the truth's, in the half of the person where the truth's is smallest; the
  /// truth's mean counts as 0.3 grey levels at least. 1 = as even as the truth.
  double flat_gradient = 0;
};

/// `person`: one channel, 0 or 255. Nothing for fewer than kLeastRegionPixels of the person, or a
/// truth without edges. REQUIRES: RGB pictures and a mask of one size.
std::optional<EdgeScores> CompareEdges(const Image& picture, const Image& truth,
                                       const Image& person);

/// One region of a picture against the same region of the true one.
struct RegionError {
  double psnr = 0;
  /// CIE76 distance (L*a*b*, D65) of the region's mean sRGB colours: about 2 is just seen.
  double colour_delta_e = 0;
  /// Detail is the luma less its mean over the region's pixels in a 7x7 window. RMS difference of
  /// the two pictures' detail, in grey levels.
  double texture_error = 0;
  /// Mean squared detail of the picture and of the truth; the root of their ratio says how much of
  /// the texture's contrast is left, wherever it lies.
  double detail_power = 0;
  double true_detail_power = 0;
};

/// Over the pixels where `mask` is not 0; nothing for fewer than kLeastRegionPixels.
/// REQUIRES: RGB pictures and a mask of one size.
std::optional<RegionError> CompareRegion(const Image& picture, const Image& truth,
                                         const Image& mask);

}  // namespace atelier::training
