// Finds the face of a photograph: mediapipe's short-range detector, and its mesh for exact points.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "base/body.h"
#include "base/image.h"
#include "base/result.h"

namespace atelier::perception {

struct FacePoint {
  /// "right_eye", "left_eye", "nose", then "right_mouth" and "left_mouth", or "mouth" alone. Left
  /// and right are the person's.
  std::string_view name;
  /// Pixels of the picture.
  float x = 0;
  float y = 0;
};

struct FoundFace {
  /// The detector's box, made square around its middle; not clipped.
  Box box;
  /// The detector's score, 0.5..1; 0.75..1 when the mesh does not fit.
  float confidence = 0;
  /// Five points of the mesh, or the detector's four when the mesh does not fit: a profile, or a
  /// bowed head.
  std::vector<FacePoint> points;
  /// How sure the mesh is of having a face before it, 0..1; the points are its own from 0.5.
  float mesh_confidence = 0;
  bool has_mesh() const { return mesh_confidence >= 0.5f; }
};

/// One thread at a time.
class FaceFinder {
 public:
  /// face_detection_short_range.onnx and face_landmark.onnx of `folder`, as `./dev setup` makes
  /// them. NOT_FOUND or INVALID_ARGUMENT when they are not there or not readable.
  static Result<std::unique_ptr<FaceFinder>> Load(const std::filesystem::path& folder);
  virtual ~FaceFinder() = default;

  /// The face of the person with these keypoints: around the head first, where a face that is small
  /// in the picture is seen best, then anywhere that the nose lies in. Without keypoints (null), or
  /// without a nose among them, the surest face of the picture. REQUIRES: `picture` is RGB and not
  /// empty.
  virtual Result<std::optional<FoundFace>> Find(const Image& picture,
                                                const Keypoints* keypoints) = 0;

  /// The surest face in the square of `box`.
  virtual Result<std::optional<FoundFace>> FindIn(const Image& picture, const Box& box) = 0;
};

/// The square around a head: the nose in its middle, 2.6 times as wide as the ears are apart, or as
/// 0.6 of the shoulders' width where that is more. Empty without a nose, or without both ears and
/// both shoulders.
Box HeadSquare(const Keypoints& keypoints);

}  // namespace atelier::perception
