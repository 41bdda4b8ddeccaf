// GenerationService over pose and region services, each on a port of its own.
#include <catch2/catch.hpp>

#include "fake_painter.h"
#include "generation/conditions/perception_client.h"
#include "generation/generation_service.h"
#include "generation/job_kinds.h"
#include "generation/painting_executor.h"
#include "imaging/picture_codec.h"
#include "people/keypoints/keypoint_picture.h"
#include "perception_fakes.h"
#include "rpc/server.h"
#include "rpc/status.h"

namespace atelier {
namespace {

class NoAssets : public generation::AssetSource {
 public:
  Result<std::string> Fetch(const std::string&, const generation::LeaseOfJob&,
                            std::stop_token) override {
    return MakeError(Code::kNotFound, "ASSET_NOT_FOUND", "none");
  }
};

/// Pose, region and generation services on ports of their own, with fakes for the networks.
struct Services {
  Services() {
    REQUIRE(painters.Add(std::make_unique<FakePainter>()));
    REQUIRE(painters.Add(std::make_unique<FakePainter>("published", "smpl")));
    REQUIRE(painters.Add(std::make_unique<FakePainter>("unserved")));
    spec.set_model("models/mini");
    spec.mutable_source()->set_data(Png(64, 48, 10));
    spec.mutable_pose_picture()->set_data(Png(64, 48, 20));
    spec.set_seed(40);
    spec.set_image_count(2);
  }
  static std::shared_ptr<grpc::Channel> ChannelTo(const rpc::Server& server) {
    return rpc::Connect("127.0.0.1:" + std::to_string(server.port()));
  }
  /// Calls Generate; progress events are counted, images kept.
  grpc::Status Generate() {
    const auto stub = v1::GenerationService::NewStub(ChannelTo(*server));
    grpc::ClientContext context;
    v1::GenerateRequest request;
    *request.mutable_spec() = spec;
    const auto reader = stub->Generate(&context, request);
    v1::GenerateResponse event;
    while (reader->Read(&event)) {
      if (event.has_progress()) ++steps;
      if (event.has_image()) images.push_back(event.image());
    }
    return reader->Finish();
  }

  pose::PoseReader pose_reader{PoseModels()};
  pose::PoseServiceImpl pose_service{pose_reader};
  region::RegionReader region_reader{RegionModels()};
  region::RegionServiceImpl region_service{region_reader};
  std::unique_ptr<rpc::Server> selector =
      std::move(rpc::Server::Start({}, {&pose_service, &region_service}).value());
  std::unique_ptr<generation::Perception> perception =
      generation::MakePerceptionClient(ChannelTo(*selector), ChannelTo(*selector));
  generation::PainterSet painters;
  NoAssets assets;
  telemetry::Metrics metrics;
  generation::ConditionsCache cache{1 << 20, metrics};
  generation::JobPreparer preparer{painters, assets, *perception, cache};
  generation::JobKinds kinds = generation::MakeJobKinds(preparer);
  generation::PaintingExecutor executor{kinds, 4};
  generation::GenerationServiceImpl service{executor};
  std::unique_ptr<rpc::Server> server = std::move(rpc::Server::Start({}, {&service}).value());
  v1::SynthesisSpec spec;
  int steps = 0;
  std::vector<v1::PaintedImage> images;
};

/// Sees keypoints of a person whose parts the model does not see.
class FakePhotographEstimator : public perception::KeypointEstimator {
 public:
  std::string_view name() const override { return "fake"; }
  Result<perception::KeypointEstimate> Estimate(const Image&) override {
    return perception::KeypointEstimate{};
  }
};

TEST_CASE("A photograph without an IUV shows nobody to paint", "[generation]") {
  perception::PhotographNetworks photographs{std::make_unique<FakePhotographEstimator>(), nullptr};
  pose::PoseReader reader(perception::PoseEstimatorSelector(
      std::make_unique<FakeEstimator>(0, 0.0f), "mini", std::move(photographs)));
  pose::PoseServiceImpl service(reader);
  const auto server = std::move(rpc::Server::Start({}, {&service}).value());
  const auto channel = rpc::Connect("127.0.0.1:" + std::to_string(server->port()));
  const auto perception = generation::MakePerceptionClient(channel, channel);
  const auto iuv =
      perception->EstimatePose(Image(64, 48, 3, 100), {}, {.iuv = true}, FakePainter().info(), {});
  REQUIRE_FALSE(iuv);
  CHECK(iuv.error().code == Code::kFailedPrecondition);
  CHECK(iuv.error().reason == "NO_PERSON");
}

TEST_CASE("A keypoint picture is had where the IUV estimator sees nobody", "[generation]") {
  perception::PhotographNetworks photographs{std::make_unique<FakePhotographEstimator>(), nullptr};
  pose::PoseReader reader(perception::PoseEstimatorSelector(
      std::make_unique<FakeEstimator>(0, 0.0f), "mini", std::move(photographs)));
  pose::PoseServiceImpl service(reader);
  const auto server = std::move(rpc::Server::Start({}, {&service}).value());
  const auto channel = rpc::Connect("127.0.0.1:" + std::to_string(server->port()));
  const auto perception = generation::MakePerceptionClient(channel, channel);
  const auto pose = perception->EstimatePose(Image(64, 48, 3, 100), {}, {.keypoint_picture = true},
                                             FakePainter().info(), {});
  INFO((pose ? "" : pose.error().message));
  REQUIRE(pose);
  CHECK(pose->iuv.empty());
  CHECK(pose->keypoint_picture.height == people::kPublishedPoseSide);
  CHECK(pose->keypoint_picture.channels == 3);
}

TEST_CASE("Models of different layouts, charts and networks paint side by side", "[generation]") {
  Services services;
  for (const std::string model : {"models/mini", "models/published"}) {
    INFO(model);
    services.spec.set_model(model);
    services.images.clear();
    const grpc::Status status = services.Generate();
    INFO(status.error_message());
    REQUIRE(status.ok());
    CHECK(services.images.size() == 2);
  }
  // Each was read by its own pose network, and painted with its own layout.
  const auto iuv_rows = [&](const std::string& model) {
    v1::EstimatePoseRequest request = PoseRequest(Png(64, 48, 10));
    request.set_model(model);
    const Image iuv =
        imaging::DecodeIuv(services.pose_reader.Read(request)->iuv_png(), "iuv").value();
    int rows = 0;
    while (rows < iuv.height && iuv.at(rows, 0)[0] != 0) ++rows;
    return rows;
  };
  CHECK(iuv_rows("models/mini") == 30);
  CHECK(iuv_rows("models/published") == 20);
}

TEST_CASE("A model that the pose service does not hold is an error that names the service",
          "[generation]") {
  Services services;
  services.spec.set_model("models/unserved");
  const Error error = rpc::FromGrpc(services.Generate());
  CHECK(error.code == Code::kNotFound);
  CHECK(error.reason == "UNKNOWN_MODEL");
  CHECK(error.message.find("source: the pose service: `model` must be one that this service holds "
                           "(models/mini, models/faceless, models/published)") !=
        std::string::npos);
}

TEST_CASE("A pose service that holds another chart under the model's name is found out",
          "[generation]") {
  Services services;
  engine::ModelInfo info = FakePainter().info();
  info.iuv_chart = "densepose";
  const auto iuv =
      services.perception->EstimatePose(Image(64, 48, 3, 100), {}, {.iuv = true}, info, {});
  REQUIRE_FALSE(iuv);
  CHECK(iuv.error().reason == "IUV_CHART");
  CHECK(iuv.error().message.find("the same model folder") != std::string::npos);
}

TEST_CASE("Generate streams every step and then the pictures", "[generation]") {
  Services services;
  const grpc::Status status = services.Generate();
  INFO(status.error_message());
  REQUIRE(status.ok());
  CHECK(services.steps == 4);
  REQUIRE(services.images.size() == 2);
  CHECK(services.images[1].seed() == 41);
  CHECK(imaging::DecodePicture(services.images[1].data(), "data").value().at(0, 0)[0] == 41);
}

TEST_CASE("Generate passes on why a picture cannot be used", "[generation]") {
  Services services;
  services.spec.mutable_source()->set_asset("assets/1234");
  CHECK(services.Generate().error_code() == grpc::StatusCode::INVALID_ARGUMENT);
  services.spec.mutable_source()->set_data(Png(6000, 16, 1));  // Shrinks below what poses need.
  const Error error = rpc::FromGrpc(services.Generate());
  CHECK(error.code == Code::kInvalidArgument);
  CHECK(error.message.find("source") != std::string::npos);
}

TEST_CASE("A worker finds what follows from its model and the spec, queued or not",
          "[generation]") {
  Services services;
  v1::LeasedJob job;
  *job.mutable_spec()->mutable_synthesis() = services.spec;
  const auto usual = services.executor.Prepare(job, {});
  REQUIRE(usual);
  const auto of_spec = [](const runtime::PreparedJob& prepared) {
    std::vector<Warning> found;
    for (const Warning& warning : prepared.warnings) {
      if (warning.field == "steps") found.push_back(warning);
    }
    return found;
  };
  CHECK(of_spec(**usual).empty());
  job.mutable_spec()->mutable_synthesis()->set_steps(60);
  const auto prepared = services.executor.Prepare(job, {});
  REQUIRE(prepared);
  const std::vector<Warning> found = of_spec(**prepared);
  REQUIRE(found.size() == 1);
  CHECK(found[0].reason == "STEPS_OUT_OF_RANGE");
  CHECK(found[0].value == 60);
  CHECK(found[0].limit == 50);
}

TEST_CASE("Pose and region services refuse a reason of no warning by name", "[pose][region]") {
  Services services;
  const auto selector = Services::ChannelTo(*services.selector);
  v1::EstimatePoseRequest pose = PoseRequest(Png(64, 48, 100));
  pose.add_strict("BAD_WEATHER");
  v1::EstimatePoseResponse pose_answer;
  grpc::ClientContext pose_context;
  const Error pose_error = rpc::FromGrpc(
      v1::PoseService::NewStub(selector)->EstimatePose(&pose_context, pose, &pose_answer));
  CHECK(pose_error.code == Code::kInvalidArgument);
  CHECK(pose_error.field == "strict");
  v1::ExtractRegionsRequest regions = RegionRequest(Image(64, 48, 3), 120);
  regions.add_strict("BAD_WEATHER");
  v1::ExtractRegionsResponse regions_answer;
  grpc::ClientContext regions_context;
  const Error regions_error = rpc::FromGrpc(v1::RegionService::NewStub(selector)->ExtractRegions(
      &regions_context, regions, &regions_answer));
  CHECK(regions_error.field == "strict");
}

TEST_CASE("Generate is refused once the worker drains", "[generation]") {
  Services services;
  services.service.Drain();
  CHECK(services.Generate().error_code() == grpc::StatusCode::UNAVAILABLE);
}

}  // namespace
}  // namespace atelier
