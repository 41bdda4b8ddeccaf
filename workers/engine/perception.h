// A model's own perception networks: picture -> pose, and face crop -> embedding. No LibTorch in
// this header. Objects may be used from one thread at a time.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/body.h"
#include "base/image.h"
#include "base/result.h"

namespace atelier::engine {

struct PoseEstimate {
  /// In pixels of the given picture; confidence is the heat map's peak, 0..1.
  Keypoints keypoints;
  /// (I, U, V) at the given picture's size.
  Image iuv;
  /// Mean probability of the chosen part over the person's pixels, 0..1; 0 when no person was
  /// found.
  float confidence = 0;
};

/// The pose network of a model folder (component "pose_network").
class PoseEstimator {
 public:
  static Result<std::unique_ptr<PoseEstimator>> Load(const std::filesystem::path& model_folder);
  /// Null when the model has no such component.
  static Result<std::unique_ptr<PoseEstimator>> LoadIfAny(
      const std::filesystem::path& model_folder);
  virtual ~PoseEstimator() = default;
  /// REQUIRES: `picture` is RGB and not empty.
  virtual Result<PoseEstimate> Estimate(const Image& picture) = 0;
};

/// The face network of a model folder (component "face_network").
class FaceEmbedder {
 public:
  static Result<std::unique_ptr<FaceEmbedder>> Load(const std::filesystem::path& model_folder);
  /// Null when the model has no such component.
  static Result<std::unique_ptr<FaceEmbedder>> LoadIfAny(const std::filesystem::path& model_folder);
  virtual ~FaceEmbedder() = default;
  /// Unit-length embedding of an RGB face crop (any size; resized to the network's).
  virtual Result<std::vector<float>> Embed(const Image& crop) = 0;
};

/// The files that a component of a model folder, e.g. "pose_network", is made of: model.json, and
/// its weights when the model has it. Errors as ReadModelInfo().
Result<std::vector<std::filesystem::path>> ComponentFiles(const std::filesystem::path& model_folder,
                                                          const std::string& component);

/// The square face box of a person from the head parts of an IUV picture: 1.3 times their larger
/// side around their middle, not clipped. Empty when the head shows fewer than 16 pixels.
Box FaceBoxFromIuv(const Image& iuv);

/// Cuts `box` out of `picture` (black outside) and resizes it to size x size, bilinear, area-true.
Image CropSquare(const Image& picture, const Box& box, int size);

}  // namespace atelier::engine
