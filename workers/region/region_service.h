// RegionService: texture map, face and mask of a person. RegionReader is the logic,
// RegionServiceImpl its gRPC dress.
#pragma once

#include <memory>
#include <mutex>
#include <optional>

#include "atelier/v1/region.grpc.pb.h"
#include "base/result.h"
#include "pose/keypoint_estimator.h"
#include "region/face_reader.h"
#include "region/texture_maker.h"

namespace atelier::region {

/// Networks for photographs. Each may be null: none.
struct PhotographNetworks {
  std::unique_ptr<FaceFinder> faces;
  /// Gives masks, and tells where heads are.
  std::unique_ptr<pose::KeypointEstimator> bodies;
};

/// Thread-safe: calls take turns at the networks.
class RegionReader {
 public:
  /// `preset` is whom to ask where a request does not say.
  RegionReader(Embedder embedder, TextureMaker texture, PhotographNetworks photographs = {},
               v1::Estimator preset = v1::ESTIMATOR_AUTO);

  /// As RegionService.ExtractRegions says.
  Result<v1::ExtractRegionsResponse> Read(const v1::ExtractRegionsRequest& request);

 private:
  Status AddTexture(const Image& picture, const Image& iuv, v1::ExtractRegionsResponse& response);
  Status AddFromIuv(const Image& picture, const Image& iuv, v1::ExtractRegionsResponse& response);
  Status AddFromPhotograph(const Image& picture, const Image& iuv,
                           const std::optional<Keypoints>& keypoints,
                           v1::ExtractRegionsResponse& response);

  const TextureMaker texture_;
  const v1::Estimator preset_;
  std::mutex mutex_;
  FaceReader faces_;                                 // GUARDED_BY(mutex_)
  std::unique_ptr<pose::KeypointEstimator> bodies_;  // GUARDED_BY(mutex_)
};

class RegionServiceImpl : public v1::RegionService::Service {
 public:
  explicit RegionServiceImpl(RegionReader& reader) : reader_(reader) {}
  grpc::Status ExtractRegions(grpc::ServerContext* context,
                              const v1::ExtractRegionsRequest* request,
                              v1::ExtractRegionsResponse* response) override;

 private:
  RegionReader& reader_;
};

}  // namespace atelier::region
