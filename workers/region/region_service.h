// RegionService over the engine: texture map and face of a person. RegionReader is the logic,
// RegionServiceImpl its gRPC dress.
#pragma once

#include <memory>
#include <mutex>

#include "atelier/v1/region.grpc.pb.h"
#include "base/result.h"
#include "engine/perception.h"
#include "region/texture_maker.h"

namespace atelier::region {

/// Thread-safe: calls take turns at the face network.
class RegionReader {
 public:
  RegionReader(std::unique_ptr<engine::FaceEmbedder> embedder, TextureMaker texture);

  /// As RegionService.ExtractRegions says.
  Result<v1::ExtractRegionsResponse> Read(const v1::ExtractRegionsRequest& request);

 private:
  Status AddFace(const Image& picture, const Image& iuv, v1::ExtractRegionsResponse& response);

  const TextureMaker texture_;
  std::mutex mutex_;
  std::unique_ptr<engine::FaceEmbedder> embedder_;  // GUARDED_BY(mutex_)
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
