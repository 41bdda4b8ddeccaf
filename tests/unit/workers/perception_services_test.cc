#include <catch2/catch.hpp>

#include "fake_painter.h"
#include "generation/generation_service.h"
#include "generation/painting_executor.h"
#include "generation/perception_client.h"
#include "pose/pose_service.h"
#include "region/region_service.h"
#include "rpc/server.h"
#include "rpc/status.h"
#include "runtime/picture_codec.h"

namespace atelier {
namespace {

constexpr int kTile = 16;

/// Sees a person of `person` rows whose part is the right head.
class FakeEstimator : public engine::PoseEstimator {
 public:
  explicit FakeEstimator(int person, float confidence = 0.9f)
      : person_(person), confidence_(confidence) {}
  Result<engine::PoseEstimate> Estimate(const Image& picture) override {
    engine::PoseEstimate estimate;
    estimate.keypoints[0] = {8, 8, 1};
    estimate.iuv = Image(picture.height, picture.width, 3);
    for (int y = 0; y < person_; ++y) {
      for (int x = 0; x < picture.width; ++x) {
        estimate.iuv.at(y, x)[0] = 23;
        estimate.iuv.at(y, x)[1] = static_cast<uint8_t>(x);
        estimate.iuv.at(y, x)[2] = static_cast<uint8_t>(y);
      }
    }
    estimate.confidence = confidence_;
    return estimate;
  }

 private:
  int person_;
  float confidence_;
};

class FakeEmbedder : public engine::FaceEmbedder {
 public:
  Result<std::vector<float>> Embed(const Image& crop) override {
    return std::vector<float>{static_cast<float>(crop.at(crop.height / 2, crop.width / 2)[0])};
  }
};

region::Embedder MiniEmbedder() {
  return {std::make_unique<FakeEmbedder>(), "mini", /*wants_aligned=*/false};
}

std::string Png(int height, int width, uint8_t value) {
  return runtime::EncodePng(Image(height, width, 3, value)).value();
}

v1::EstimatePoseRequest PoseRequest(const std::string& png) {
  v1::EstimatePoseRequest request;
  request.mutable_picture()->set_data(png);
  return request;
}

TEST_CASE("A pose comes with named keypoints, skeleton and IUV of the picture's size", "[pose]") {
  pose::PoseReader reader(pose::Eyes(std::make_unique<FakeEstimator>(30), "mini", {}));
  const auto pose = reader.Read(PoseRequest(Png(64, 48, 100)));
  REQUIRE(pose);
  REQUIRE(pose->keypoints_size() == 18);
  CHECK(pose->keypoints(2).name() == "right_shoulder");
  CHECK(pose->estimator() == "mini");
  const Image iuv = runtime::DecodeIuv(pose->iuv_png(), "iuv").value();
  CHECK(iuv.height == 64);
  CHECK(iuv.at(3, 5)[0] == 23);
  CHECK(runtime::DecodePicture(pose->skeleton_png(), "skeleton").value().width == 48);
}

TEST_CASE("A picture with a few stray person pixels shows nobody", "[pose]") {
  pose::PoseReader stray(pose::Eyes(std::make_unique<FakeEstimator>(1), "mini", {}));
  CHECK(stray.Read(PoseRequest(Png(400, 48, 100))).error().reason == "NO_PERSON");
  pose::PoseReader unsure(pose::Eyes(std::make_unique<FakeEstimator>(30, 0.05f), "mini", {}));
  const auto pose = unsure.Read(PoseRequest(Png(64, 48, 100)));
  REQUIRE_FALSE(pose);
  CHECK(pose.error().code == Code::kFailedPrecondition);
}

TEST_CASE("An asset sent straight to a worker is refused with the way to go", "[pose]") {
  pose::PoseReader reader(pose::Eyes(std::make_unique<FakeEstimator>(30), "mini", {}));
  v1::EstimatePoseRequest request;
  request.mutable_picture()->set_asset("assets/1234");
  const auto pose = reader.Read(request);
  REQUIRE_FALSE(pose);
  CHECK(pose.error().code == Code::kInvalidArgument);
  CHECK(pose.error().message.find("atelier-server") != std::string::npos);
}

v1::ExtractRegionsRequest RegionRequest(const Image& iuv, uint8_t colour) {
  v1::ExtractRegionsRequest request;
  request.mutable_picture()->set_data(Png(iuv.height, iuv.width, colour));
  request.set_iuv_png(runtime::EncodePng(iuv).value());
  return request;
}

TEST_CASE("Regions bring the texture atlas, and the face when the head is seen", "[region]") {
  region::RegionReader reader(MiniEmbedder(), kTile);
  Image iuv(64, 48, 3);
  for (int y = 10; y < 30; ++y) {
    for (int x = 10; x < 30; ++x) iuv.at(y, x)[0] = 23;
  }
  const auto regions = reader.Read(RegionRequest(iuv, 120));
  REQUIRE(regions);
  const Image texture = runtime::DecodePicture(regions->texture_png(), "texture").value();
  CHECK(texture.height == 4 * kTile);
  CHECK(texture.width == 6 * kTile);
  CHECK(runtime::DecodeGrey(regions->texture_validity_png(), "validity").value().width == 96);
  CHECK(regions->face_found());
  REQUIRE(regions->face_embedding_size() == 1);
  CHECK(regions->face_embedding(0) == 120.0f);
  CHECK(regions->face_box().right() > regions->face_box().left());
}

TEST_CASE("A person whose head is not in the picture has no face, which is no error", "[region]") {
  region::RegionReader reader(MiniEmbedder(), kTile);
  Image iuv(64, 48, 3);
  for (int y = 10; y < 30; ++y) iuv.at(y, 20)[0] = 2;
  const auto regions = reader.Read(RegionRequest(iuv, 120));
  REQUIRE(regions);
  CHECK_FALSE(regions->face_found());
  CHECK(regions->face_embedding().empty());
}

TEST_CASE("An IUV of another size than the picture is refused", "[region]") {
  region::RegionReader reader(MiniEmbedder(), kTile);
  v1::ExtractRegionsRequest request = RegionRequest(Image(64, 48, 3), 120);
  request.set_iuv_png(Png(32, 48, 0));
  const auto regions = reader.Read(request);
  REQUIRE_FALSE(regions);
  CHECK(regions.error().field == "iuv_png");
}

class NoAssets : public generation::AssetSource {
 public:
  Result<std::string> Fetch(const std::string&, std::stop_token) override {
    return MakeError(Code::kNotFound, "ASSET_NOT_FOUND", "none");
  }
};

/// Pose, region and generation services on ports of their own, with fakes for the networks.
struct Services {
  Services() {
    REQUIRE(painters.Add(std::make_unique<FakePainter>()));
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

  pose::PoseReader pose_reader{pose::Eyes(std::make_unique<FakeEstimator>(30), "mini", {})};
  pose::PoseServiceImpl pose_service{pose_reader};
  region::RegionReader region_reader{MiniEmbedder(), kTile};
  region::RegionServiceImpl region_service{region_reader};
  std::unique_ptr<rpc::Server> eyes =
      std::move(rpc::Server::Start({}, {&pose_service, &region_service}).value());
  std::unique_ptr<generation::Perception> perception =
      generation::MakePerceptionClient(ChannelTo(*eyes), ChannelTo(*eyes));
  generation::PainterSet painters;
  NoAssets assets;
  telemetry::Metrics metrics;
  generation::ConditionsCache cache{1 << 20, metrics};
  generation::JobPreparer preparer{painters, assets, *perception, cache};
  generation::PaintingExecutor executor{preparer, 4};
  generation::GenerationServiceImpl service{executor};
  std::unique_ptr<rpc::Server> server = std::move(rpc::Server::Start({}, {&service}).value());
  v1::SynthesisSpec spec;
  int steps = 0;
  std::vector<v1::PaintedImage> images;
};

/// Sees keypoints of a person whose parts the model does not see.
class FakePhotographEstimator : public pose::KeypointEstimator {
 public:
  std::string_view name() const override { return "fake"; }
  Result<pose::KeypointEstimate> Estimate(const Image&) override {
    return pose::KeypointEstimate{};
  }
};

TEST_CASE("A photograph without an IUV shows nobody to paint", "[generation]") {
  pose::PhotographEyes photographs{std::make_unique<FakePhotographEstimator>(), nullptr};
  pose::PoseReader reader(
      pose::Eyes(std::make_unique<FakeEstimator>(0, 0.0f), "mini", std::move(photographs)));
  pose::PoseServiceImpl service(reader);
  const auto server = std::move(rpc::Server::Start({}, {&service}).value());
  const auto channel = rpc::Connect("127.0.0.1:" + std::to_string(server->port()));
  const auto perception = generation::MakePerceptionClient(channel, channel);
  const auto iuv = perception->EstimateIuv(Image(64, 48, 3, 100), {});
  REQUIRE_FALSE(iuv);
  CHECK(iuv.error().code == Code::kFailedPrecondition);
  CHECK(iuv.error().reason == "NO_PERSON");
}

TEST_CASE("Generate streams every step and then the pictures", "[generation]") {
  Services services;
  const grpc::Status status = services.Generate();
  INFO(status.error_message());
  REQUIRE(status.ok());
  CHECK(services.steps == 4);
  REQUIRE(services.images.size() == 2);
  CHECK(services.images[1].seed() == 41);
  CHECK(runtime::DecodePicture(services.images[1].data(), "data").value().at(0, 0)[0] == 41);
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
  CHECK((*usual)->warnings.empty());
  job.mutable_spec()->mutable_synthesis()->set_steps(60);
  const auto prepared = services.executor.Prepare(job, {});
  REQUIRE(prepared);
  REQUIRE((*prepared)->warnings.size() == 1);
  CHECK((*prepared)->warnings[0].reason == "STEPS_OUT_OF_RANGE");
  CHECK((*prepared)->warnings[0].value == 60);
  CHECK((*prepared)->warnings[0].limit == 50);
}

TEST_CASE("Pose and region services refuse a reason of no warning by name", "[pose][region]") {
  Services services;
  const auto eyes = Services::ChannelTo(*services.eyes);
  v1::EstimatePoseRequest pose = PoseRequest(Png(64, 48, 100));
  pose.add_strict("BAD_WEATHER");
  v1::EstimatePoseResponse pose_answer;
  grpc::ClientContext pose_context;
  const Error pose_error = rpc::FromGrpc(
      v1::PoseService::NewStub(eyes)->EstimatePose(&pose_context, pose, &pose_answer));
  CHECK(pose_error.code == Code::kInvalidArgument);
  CHECK(pose_error.field == "strict");
  v1::ExtractRegionsRequest regions = RegionRequest(Image(64, 48, 3), 120);
  regions.add_strict("BAD_WEATHER");
  v1::ExtractRegionsResponse regions_answer;
  grpc::ClientContext regions_context;
  const Error regions_error = rpc::FromGrpc(
      v1::RegionService::NewStub(eyes)->ExtractRegions(&regions_context, regions, &regions_answer));
  CHECK(regions_error.field == "strict");
}

TEST_CASE("Generate is refused once the worker drains", "[generation]") {
  Services services;
  services.service.Drain();
  CHECK(services.Generate().error_code() == grpc::StatusCode::UNAVAILABLE);
}

}  // namespace
}  // namespace atelier
