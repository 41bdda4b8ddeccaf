// RegionService: texture map, face mask and regions of a person. RegionReader has the logic and
// needs no server; RegionServiceImpl serves it over gRPC.
#pragma once

#include <memory>
#include <mutex>
#include <optional>

#include "atelier/v1/region.grpc.pb.h"
#include "base/named_models.h"
#include "base/result.h"
#include "edit/parse/parser.h"
#include "people/carry/texture_surface.h"
#include "perception/face/face_reader.h"
#include "perception/keypoint_estimator.h"
#include "perception/texture/texture_maker.h"

namespace atelier::region {

/// Networks for photographs. Each may be null: none.
struct RegionNetworks {
  std::shared_ptr<perception::FaceFinder> faces;
  /// Gives masks, and says where heads are.
  std::unique_ptr<perception::KeypointEstimator> bodies;
};

/// A model that regions are extracted for.
struct RegionModel {
  /// As in its model.json.
  std::string name;
  /// "atlas" or "smpl": what `texture` makes.
  std::string texture_layout;
  /// One of kIuvCharts: of the IUV pictures that it reads.
  std::string iuv_chart;
  perception::TextureMaker texture;
  perception::Embedder embedder;
};

/// Thread-safe: calls take turns at the networks.
class RegionReader {
 public:
  /// `preset` is the estimator where a request does not say. `fitter` has the body that the pose
  /// service fits; null: bodies in requests are passed over. REQUIRES: at least one model.
  RegionReader(NamedModels<RegionModel> models, RegionNetworks photographs = {},
               v1::Estimator preset = v1::ESTIMATOR_AUTO,
               std::shared_ptr<const people::BodyFitter> fitter = nullptr,
               std::shared_ptr<const edit::Parser> parser = nullptr);

  /// As RegionService.ExtractRegions says.
  Result<v1::ExtractRegionsResponse> Read(const v1::ExtractRegionsRequest& request);
  /// As RegionService.DescribeRegions says; FAILED_PRECONDITION (NO_BODY) without fitter or parser.
  Result<v1::DescribeRegionsResponse> Describe(const v1::DescribeRegionsRequest& request) const;
  /// As RegionService.ComposeTexture says.
  Result<v1::ComposeTextureResponse> Compose(const v1::ComposeTextureRequest& request);

 private:
  Status AddRegions(const v1::ExtractRegionsRequest& request, v1::Estimator estimator,
                    RegionModel& model, v1::ExtractRegionsResponse& response);
  Status AddFromIuv(perception::FaceReader& faces, const Image& picture, const Image& iuv,
                    v1::ExtractRegionsResponse& response);
  Status AddFromPhotograph(perception::FaceReader& faces, const Image& picture, const Image& iuv,
                           const std::optional<Keypoints>& keypoints,
                           v1::ExtractRegionsResponse& response);

  /// Which pixels may give the texture map their colour, where the request brings a body: else
  /// nothing.
  Result<std::optional<people::TextureSurface>> SurfaceOf(const v1::ExtractRegionsRequest& request,
                                                          const Image& picture) const;

  const v1::Estimator preset_;
  const std::shared_ptr<const people::BodyFitter> fitter_;
  const std::shared_ptr<const edit::Parser> parser_;
  std::mutex mutex_;
  NamedModels<RegionModel> models_;  // their networks: GUARDED_BY(mutex_)
  RegionNetworks photographs_;       // GUARDED_BY(mutex_)
};

class RegionServiceImpl : public v1::RegionService::Service {
 public:
  explicit RegionServiceImpl(RegionReader& reader) : reader_(reader) {}
  grpc::Status ExtractRegions(grpc::ServerContext* context,
                              const v1::ExtractRegionsRequest* request,
                              v1::ExtractRegionsResponse* response) override;
  grpc::Status DescribeRegions(grpc::ServerContext* context,
                               const v1::DescribeRegionsRequest* request,
                               v1::DescribeRegionsResponse* response) override;
  grpc::Status ComposeTexture(grpc::ServerContext* context,
                              const v1::ComposeTextureRequest* request,
                              v1::ComposeTextureResponse* response) override;

 private:
  RegionReader& reader_;
};

}  // namespace atelier::region
