// FaceReader: finds the face in a picture, aligns it and computes its identity embedding.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/body.h"
#include "engine/perception.h"
#include "perception/face/face_finder.h"

namespace atelier::perception {

/// A face network: one that computes identity embeddings.
struct Embedder {
  /// Null: none, and faces have no embedding. Several models may share one.
  std::shared_ptr<engine::FaceEmbedder> network;
  /// What answers call it.
  std::string name;
  /// Whether it takes aligned faces of 112 x 112 instead of the face's square.
  bool wants_aligned = false;
};

struct ReadFace {
  Box box;
  /// The square, 64 x 64.
  Image crop;
  /// Empty when there is no embedder, or when it wants an aligned face and there is none.
  std::vector<float> embedding;
  std::string embedder;
  /// May be empty, and then so is `aligned`.
  std::vector<FacePoint> points;
  Image aligned;
  /// The detector's score; 0 when it did not run.
  float confidence = 0;
  std::string estimator;
};

/// One thread at a time.
class FaceReader {
 public:
  /// `finder` may be null: then faces are found by an IUV alone. Several readers may share one, all
  /// on one thread at a time.
  FaceReader(Embedder embedder, std::shared_ptr<FaceFinder> finder)
      : embedder_(std::move(embedder)), finder_(std::move(finder)) {}

  bool can_find() const { return finder_ != nullptr; }

  /// The head that the IUV shows; nothing when it shows none. A person on their side or head is
  /// turned upright before: crop and aligned face are upright, box and points are the picture's.
  Result<std::optional<ReadFace>> ReadFromIuv(const Image& picture, const Image& iuv);

  /// The face that the detector finds; see FaceFinder::Find(). REQUIRES: can_find().
  Result<std::optional<ReadFace>> ReadByDetector(const Image& picture, const Keypoints* keypoints);

 private:
  Result<std::optional<ReadFace>> ReadUpright(const Image& picture, const Image& iuv);
  Status Embed(const Image& picture, ReadFace& face);

  Embedder embedder_;
  std::shared_ptr<FaceFinder> finder_;
};

}  // namespace atelier::perception
