// RegionService: texture map, face mask and regions of a person. RegionReader has the logic and
// needs no server; RegionServiceImpl serves it over gRPC.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "atelier/v1/region.grpc.pb.h"
#include "base/named_models.h"
#include "base/result.h"
#include "edit/parse/parser.h"
#include "imaging/picture_memory.h"
#include "people/carry/texture_surface.h"
#include "perception/face/face_reader.h"
#include "perception/keypoint_estimator.h"
#include "perception/texture/texture_maker.h"
#include "runtime/service/call_turn.h"
#include "runtime/service/loaded.h"

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

/// Thread-safe: calls take turns at the networks, in the order in which they came. Every call is
/// CANCELLED before decoding, and before the networks, once its answer is not `wanted` any more.
class RegionReader {
 public:
  /// `preset` is the estimator where a request does not say. `fitter` has the body that the pose
  /// service fits; null: bodies in requests are passed over. REQUIRES: at least one model.
  RegionReader(NamedModels<RegionModel> models, RegionNetworks photographs = {},
               v1::Estimator preset = v1::ESTIMATOR_AUTO,
               std::shared_ptr<const people::BodyFitter> fitter = nullptr,
               std::shared_ptr<const edit::Parser> parser = nullptr);

  /// As RegionService.ExtractRegions says.
  Result<v1::ExtractRegionsResponse> Read(const v1::ExtractRegionsRequest& request,
                                          const runtime::Wanted& wanted = runtime::Always);
  /// As RegionService.DescribeRegions says; FAILED_PRECONDITION (NO_BODY) without fitter or parser.
  Result<v1::DescribeRegionsResponse> Describe(const v1::DescribeRegionsRequest& request) const;
  /// As RegionService.ComposeTexture says.
  Result<v1::ComposeTextureResponse> Compose(const v1::ComposeTextureRequest& request);

 private:
  /// A person as far as they were read.
  struct Subject {
    const Image& picture;
    const Image& iuv;
    const std::optional<Keypoints>& keypoints;
  };

  Status AddRegions(const v1::ExtractRegionsRequest& request, v1::Estimator estimator,
                    RegionModel& model, const runtime::Wanted& wanted,
                    v1::ExtractRegionsResponse& response);
  Status AddFromIuv(perception::FaceReader& faces, const Subject& subject,
                    const runtime::Wanted& wanted, v1::ExtractRegionsResponse& response);
  Status AddFromPhotograph(perception::FaceReader& faces, const Subject& subject,
                           const runtime::Wanted& wanted, v1::ExtractRegionsResponse& response);

  /// Which pixels may give the texture map their colour, where the request brings a body: else
  /// nothing.
  Result<std::optional<people::TextureSurface>> SurfaceOf(const v1::ExtractRegionsRequest& request,
                                                          const Image& picture) const;

  const v1::Estimator preset_;
  const std::shared_ptr<const people::BodyFitter> fitter_;
  const std::shared_ptr<const edit::Parser> parser_;
  runtime::TicketLock turns_;
  NamedModels<RegionModel> models_;  // their networks: by whose turn it is
  RegionNetworks photographs_;       // by whose turn it is
};

/// Thread-safe.
class RegionServiceImpl : public v1::RegionService::Service {
 public:
  static constexpr int64_t kPictureMemory = 640 << 20;

  /// The pictures of all calls take at most `picture_memory_bytes` at once.
  explicit RegionServiceImpl(int64_t picture_memory_bytes = kPictureMemory)
      : memory_(picture_memory_bytes) {}
  /// Answers at once.
  explicit RegionServiceImpl(RegionReader& reader, std::string networks = {})
      : RegionServiceImpl() {
    Serve(reader, std::move(networks));
  }

  /// Answers from now on; before, with UNAVAILABLE (LOADING). `networks`: the responses'. Call
  /// once. `reader` must outlive the service.
  void Serve(RegionReader& reader, std::string networks);

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
  imaging::PictureMemory memory_;
  std::string networks_;
  runtime::Loaded<RegionReader> reader_;
};

}  // namespace atelier::region
