// What is measured of painted pictures: running means over pairs, region by region.
#pragma once

#include <array>
#include <optional>
#include <string_view>
#include <vector>

#include "training/data/pairs.h"
#include "training/metrics/image_metrics.h"

namespace atelier::training {

/// Regions judged on their own, where the true picture shows them.
enum class JudgedRegion { kFace, kHair, kUpper, kLower, kSkin, kShoes };
inline constexpr int kJudgedRegionCount = 6;
inline constexpr std::array<std::string_view, kJudgedRegionCount> kJudgedRegionNames = {
    "face", "hair", "upper_garment", "lower_garment", "skin", "shoes"};

/// Masks of one pair that every picture of it is judged under; one channel, 0 or 255.
struct PairMasks {
  Image person;
  /// The target's IUV pixels whose texture the source showed (validity 255), or did not.
  Image seen, unseen;
  std::array<Image, kJudgedRegionCount> regions;
};

/// Warped validity from which a pixel counts as seen: a blend of seen texels alone, or nearly.
inline constexpr int kSeenValidity = 250;

PairMasks MasksOf(const Pair& pair);

struct RegionScores {
  /// Pairs that show the region.
  int pairs = 0;
  double psnr = 0;
  double colour_delta_e = 0;
  double texture_error = 0;
  /// RMS detail over the true one's; 1 = as much texture contrast as the truth, 0 = flat.
  double texture_kept = 0;
};

/// Means over the pairs; see image_metrics.h for each measure. Nothing where nothing was measured.
struct Scores {
  double psnr = 0;
  double person_psnr = 0;
  std::optional<double> seen_psnr, unseen_psnr;
  double ssim = 0;
  /// EdgeScores'.
  std::optional<double> edge_fidelity, flat_gradient;
  /// Cosine between the face network's embeddings of the picture's and the true picture's face.
  std::optional<double> face_similarity;
  std::optional<double> lpips, fid;
  /// Share of pictures that are nearer (PSNR) to the true one than to any other of a line-up.
  std::optional<double> recognised;
  std::array<RegionScores, kJudgedRegionCount> regions;
};

class Mean {
 public:
  void Add(double value) { sum_ += value, ++count_; }
  int count() const { return count_; }
  double value() const { return count_ > 0 ? sum_ / count_ : 0; }
  std::optional<double> optional() const {
    return count_ > 0 ? std::optional(value()) : std::nullopt;
  }

 private:
  double sum_ = 0;
  int count_ = 0;
};

/// What one picture of one pair scored.
struct PictureScores {
  double psnr = 0;
  double person_psnr = 0;
  double ssim = 0;
  std::optional<double> face_similarity, lpips;
  std::optional<bool> recognised;
};

class ScoreTotals {
 public:
  /// `scores`: face_similarity, lpips and recognised are the caller's; the rest is measured here.
  void Add(const Image& picture, const Image& truth, const PairMasks& masks, PictureScores& scores);
  /// Everything but FID.
  Scores Means() const;

 private:
  struct RegionTotals {
    Mean psnr, colour, texture, power, true_power;
  };
  Mean psnr_, person_, seen_, unseen_, ssim_, edges_, flat_, face_, lpips_, recognised_;
  std::array<RegionTotals, kJudgedRegionCount> regions_;
};

}  // namespace atelier::training
