// Perception: what the pose and region services see in a picture. Thread-safe.
#pragma once

#include <grpcpp/grpcpp.h>

#include <memory>
#include <stop_token>
#include <vector>

#include "base/image.h"
#include "base/result.h"

namespace atelier::generation {

struct Regions {
  Image texture;           // RGB atlas
  Image texture_validity;  // one channel, the atlas' size
  /// Empty when no face was seen.
  std::vector<float> face_embedding;
};

/// Calls end early, with CANCELLED, once `stop` is requested.
class Perception {
 public:
  virtual ~Perception() = default;
  /// (I, U, V) of the RGB picture's size. FAILED_PRECONDITION (NO_PERSON) when nobody is seen.
  virtual Result<Image> EstimateIuv(const Image& picture, std::stop_token stop) = 0;
  /// REQUIRES: `iuv` is of the picture's size.
  virtual Result<Regions> ExtractRegions(const Image& picture, const Image& iuv,
                                         std::stop_token stop) = 0;
};

/// Over gRPC. A service that is not there yet is waited for, so that its restart costs a job time
/// and not an attempt.
std::unique_ptr<Perception> MakePerceptionClient(
    const std::shared_ptr<grpc::ChannelInterface>& pose,
    const std::shared_ptr<grpc::ChannelInterface>& region);

}  // namespace atelier::generation
