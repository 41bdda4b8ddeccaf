// Picture metrics as FPDM's evaluation script computes them (scikit-image 0.22 in float64).
#pragma once

#include "base/image.h"

namespace atelier::training {

struct FpdmScores {
  double psnr = 0;
  /// Uniform windows of 51x51 pixels, sample covariance: what the script calls ssim.
  double ssim = 0;
  /// Gaussian windows of sigma 1.5 and 11x11 pixels, population covariance, and the range of the
  /// painted picture's own values for the range of all: what the script calls ssim_256.
  double ssim_256 = 0;
  /// Sum of differences over the sum of both pictures.
  double mae = 0;
  /// Mean difference, of values in 0..1.
  double l1 = 0;
};

/// The size that the script brings both pictures to.
inline constexpr int kFpdmScoreHeight = 512, kFpdmScoreWidth = 352;

/// Numbers that the pictures do not have are not finite: PSNR of equal ones, SSIM-256 of a flat
/// one. REQUIRES: RGB pictures of one size, 51 pixels or more on a side.
FpdmScores ScoreAsFpdm(const Image& painted, const Image& truth);

}  // namespace atelier::training
