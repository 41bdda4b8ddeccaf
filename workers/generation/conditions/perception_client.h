// Perception: the pose and region services as painting uses them: a picture in, conditions out.
// Thread-safe.
#pragma once

#include <grpcpp/grpcpp.h>

#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "base/image.h"
#include "base/result.h"
#include "base/warning.h"
#include "engine/painter.h"

namespace atelier::generation {

/// Reason of the pose service's error when it finds no person.
inline constexpr char kNoPersonReason[] = "NO_PERSON";

/// What is wanted of a pose.
struct PoseParts {
  bool iuv = false;
  bool keypoint_picture = false;
};

/// Images that were not asked for are empty.
struct PoseEstimate {
  /// (I, U, V) of the picture's size, in the chart that the model reads.
  Image iuv;
  /// RGB, of the picture's size: the skeleton of the keypoints on black.
  Image keypoint_picture;
  /// Their `field` is the service's.
  std::vector<Warning> warnings;
};

/// What is wanted of a person's regions.
struct RegionParts {
  bool texture_map = false;
  bool face = false;
};

/// Parts that were not asked for are empty.
struct Regions {
  /// RGB; empty without an IUV.
  Image texture;
  Image texture_validity;  // one channel, the texture's size
  /// "atlas" or "smpl"; empty without an IUV.
  std::string texture_layout;
  bool face_found = false;
  /// Empty when no face was seen, or the region service has no face network for the model.
  std::vector<float> face_embedding;
  /// Their `field` is the service's.
  std::vector<Warning> warnings;
};

/// Every call is for a model that the services hold too: by its pose network and chart, or its
/// texture layout and face network. NOT_FOUND (UNKNOWN_MODEL) when they do not. Calls end early,
/// with CANCELLED, once `stop` is requested.
class Perception {
 public:
  virtual ~Perception() = default;
  /// FAILED_PRECONDITION: NO_PERSON when no person is found in the RGB picture, IUV_CHART when the
  /// pose service has no estimator of IUVs in the model's chart.
  virtual Result<PoseEstimate> EstimatePose(const Image& picture, const PoseParts& parts,
                                            const engine::ModelInfo& model,
                                            std::stop_token stop) = 0;
  /// REQUIRES: a part is wanted; `iuv` is of the picture's size and in the model's chart, or empty:
  /// then there is no texture, and a detector looks for the face.
  virtual Result<Regions> ExtractRegions(const Image& picture, const Image& iuv,
                                         const RegionParts& parts, const engine::ModelInfo& model,
                                         std::stop_token stop) = 0;
};

/// Over gRPC. A service that is not there yet is waited for, so that its restart costs a job time
/// and not an attempt.
std::unique_ptr<Perception> MakePerceptionClient(
    const std::shared_ptr<grpc::ChannelInterface>& pose,
    const std::shared_ptr<grpc::ChannelInterface>& region);

}  // namespace atelier::generation
