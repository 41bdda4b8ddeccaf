// Perception: the pose and region services as painting uses them: a picture in, conditions out.
// Thread-safe.
#pragma once

#include <grpcpp/grpcpp.h>

#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "atelier/v1/pose.pb.h"
#include "base/image.h"
#include "base/result.h"
#include "base/warning.h"
#include "engine/painter.h"
#include "people/fit/body_fitter.h"

namespace atelier::generation {

/// Reason of the pose service's error when it finds no person.
inline constexpr char kNoPersonReason[] = "NO_PERSON";

/// What is wanted of a pose.
struct PoseParts {
  bool iuv = false;
  bool keypoint_picture = false;
};

/// How a pose is to be read; fields as v1::EstimatePoseRequest's.
struct PoseReading {
  v1::Estimator estimator = v1::ESTIMATOR_UNSPECIFIED;
  v1::PersonChoice person = {};
};

/// Images that were not asked for are empty.
struct PoseEstimate {
  /// (I, U, V) of the picture's size, in the chart that the model reads.
  Image iuv;
  /// RGB, of the picture's size: the skeleton of the keypoints on black.
  Image keypoint_picture;
  /// The body that was fitted to the person, where one was.
  std::optional<people::FittedBody> body;
  /// How well it covers the person, 0..1.
  double mask_iou = 0;
  /// Whether the IUV is the fitted body's: the picture is a photograph.
  bool is_photograph = false;
  /// One channel, of the picture's size; empty where the service has none.
  Image mask;
  /// Their `field` is the service's.
  std::vector<Warning> warnings;
};

/// What is wanted of a person's regions.
struct RegionParts {
  bool texture_map = false;
  bool face = false;
};

/// Whom regions are extracted from.
struct RegionSubject {
  /// RGB.
  const Image& picture;
  /// Of the picture's size and in the model's chart, or empty: then there is no texture, and a
  /// detector looks for the face.
  const Image& iuv;
  /// The body that was fitted to the picture and its person's mask; null and empty: none.
  const people::FittedBody* body = nullptr;
  const Image& mask;
};

/// Parts that were not asked for are empty.
struct Regions {
  /// RGB; empty without an IUV.
  Image texture;
  Image texture_validity;  // one channel, the texture's size
  /// "atlas" or "smpl"; empty without an IUV.
  std::string texture_layout;
  bool face_found = false;
  /// v1::ExtractRegionsResponse.face_landmarks, in pixels of the picture.
  std::vector<v1::Keypoint> face_landmarks;
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
  /// Asks both services which networks they have. UNAVAILABLE (SERVICE_AWAY) names the one that is
  /// not reached, or still loads. Ends within seconds, and early once `stop` is requested.
  virtual Status Refresh(std::stop_token /*stop*/) { return {}; }
  /// Which networks the services had when they last said so: another text for others, so that what
  /// was read by those is not taken for what these would read.
  virtual std::string Networks() const { return {}; }
  /// FAILED_PRECONDITION: NO_PERSON when no person is found in the RGB picture, IUV_CHART when the
  /// pose service has no estimator of IUVs in the model's chart.
  virtual Result<PoseEstimate> EstimatePose(const Image& picture, const PoseReading& reading,
                                            const PoseParts& parts, const engine::ModelInfo& model,
                                            std::stop_token stop) = 0;
  /// REQUIRES: a part is wanted.
  virtual Result<Regions> ExtractRegions(const RegionSubject& subject, const RegionParts& parts,
                                         const engine::ModelInfo& model, std::stop_token stop) = 0;
};

/// Over gRPC. A service that is not there yet is waited for, so that its restart costs a job time
/// and not an attempt.
std::unique_ptr<Perception> MakePerceptionClient(
    const std::shared_ptr<grpc::ChannelInterface>& pose,
    const std::shared_ptr<grpc::ChannelInterface>& region);

}  // namespace atelier::generation
