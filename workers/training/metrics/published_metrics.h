// FID and LPIPS as the published evaluations compute them, on weights given as files. No LibTorch
// in this header. Objects may be used from one thread at a time.
//
//   FID    pytorch-fid 0.3: its InceptionV3 (weights pt_inception-2015-12-05), 2048 pool features.
//          Pictures / 255, bilinear to 299x299 (corners not aligned, no antialias), times 2 less 1.
//          Or as FPDM's script: torchvision's network (inception_v3_google-0cc3c7bd) with that
//          library's constants in place of "times 2 less 1". The two cannot be compared.
//   LPIPS  lpips 0.1, AlexNet or VGG16 trunk of torchvision and the v0.1 linear layers. Pictures at
//          their own size, / 255, times 2 less 1, less shift over scale.
#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/image.h"
#include "base/result.h"

namespace atelier::training {

inline constexpr int kFidFeatures = 2048;

enum class FidKind { kPytorchFid, kTorchvision };

class FidNetwork {
 public:
  /// The published file or one of the same keys. INVALID_ARGUMENT / STATE_DICT_MISMATCH lists keys
  /// that do not fit, the other kind's classifier among them; otherwise what engine/weights says of
  /// the file. `device`: as PainterOptions.
  static Result<std::unique_ptr<FidNetwork>> Load(const std::filesystem::path& weights,
                                                  FidKind kind, const std::string& device = "cpu");
  virtual ~FidNetwork() = default;
  /// kFidFeatures numbers a picture, one after another. REQUIRES: RGB pictures of one size.
  virtual Result<std::vector<float>> Features(std::span<const Image* const> pictures) = 0;
};

/// Fréchet distance of two sets of features as Gaussians (means, unbiased covariances), in double:
/// |m - n|^2 + tr(C + D - 2 (C D)^(1/2)). `a`, `b`: rows of `width` numbers. FAILED_PRECONDITION
/// for fewer than two rows. It falls with the number of pictures: compare equal numbers alone.
Result<double> FrechetDistance(std::span<const float> a, std::span<const float> b, int width);

class LpipsNetwork {
 public:
  /// Files whose keys together make the network: torchvision's trunk ("features.0.weight", ...; its
  /// classifier is passed over) and the linear layers ("lin0.model.1.weight", ...), or one file of
  /// both under lpips' own names ("net.slice1.0.weight", ...). Which trunk it is, its shapes say.
  static Result<std::unique_ptr<LpipsNetwork>> Load(
      const std::vector<std::filesystem::path>& weights, const std::string& device = "cpu");
  virtual ~LpipsNetwork() = default;
  /// "alex" or "vgg".
  virtual std::string trunk() const = 0;
  /// REQUIRES: RGB pictures of one size, 32 pixels or more on a side.
  virtual Result<double> Distance(const Image& a, const Image& b) = 0;
};

}  // namespace atelier::training
