#include <catch2/catch.hpp>
#include <fstream>

#include "fake_painter.h"
#include "generation/conditions/perception_client.h"
#include "generation/generation_service.h"
#include "generation/painting_executor.h"
#include "imaging/picture_codec.h"
#include "perception/face/face_reader.h"
#include "picture/png_text.h"
#include "pose/pose_service.h"
#include "region/region_service.h"
#include "rpc/server.h"
#include "rpc/status.h"
#include "support/temp_dir.h"

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
    estimate.keypoints.fill({8, 8, 1});
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

/// `numbers` numbers, each the middle of what it was shown.
class FakeEmbedder : public engine::FaceEmbedder {
 public:
  explicit FakeEmbedder(int numbers) : numbers_(numbers) {}
  Result<std::vector<float>> Embed(const Image& crop) override {
    return std::vector<float>(numbers_,
                              static_cast<float>(crop.at(crop.height / 2, crop.width / 2)[0]));
  }

 private:
  const size_t numbers_;
};

/// Part 23 everywhere, at the middle of its tile.
perception::TextureMaker SmplMaker() {
  const testing::TempDir dir;
  engine::ModelInfo info;
  info.texture_layout = "smpl";
  info.smpl_layout = dir.path() / "smpl.png";
  Image smpl(512, 512, 3, 100);
  for (size_t i = 0; i < smpl.data.size(); i += 3) smpl.data[i] = 23;
  std::ofstream(info.smpl_layout, std::ios::binary) << imaging::EncodePng(smpl).value();
  return perception::TextureMaker::For(info).value();
}

/// A model of each texture layout; they share nothing: "mini" with a face network of one number,
/// "published" with one of two, and "faceless" with none.
NamedModels<region::RegionModel> RegionModels() {
  NamedModels<region::RegionModel> models;
  REQUIRE(models.Add(
      "mini",
      {"mini", "atlas", "atelier", kTile, {std::make_unique<FakeEmbedder>(1), "mini", false}}));
  REQUIRE(models.Add("published", {"published",
                                   "smpl",
                                   "densepose",
                                   SmplMaker(),
                                   {std::make_unique<FakeEmbedder>(2), "other", false}}));
  REQUIRE(models.Add("faceless", {"faceless", "atlas", "atelier", kTile, {}}));
  return models;
}

/// The same three for PoseService; "published" sees 20 rows of a person, the others 30.
NamedModels<perception::PoseEstimatorSelector> PoseModels() {
  NamedModels<perception::PoseEstimatorSelector> models;
  for (const std::string name : {"mini", "faceless"}) {
    REQUIRE(models.Add(name, {std::make_unique<FakeEstimator>(30), name, {}}));
  }
  REQUIRE(
      models.Add("published", {std::make_unique<FakeEstimator>(20), "published", {}, "densepose"}));
  return models;
}

std::string Png(int height, int width, uint8_t value) {
  return imaging::EncodePng(Image(height, width, 3, value)).value();
}

v1::EstimatePoseRequest PoseRequest(const std::string& png) {
  v1::EstimatePoseRequest request;
  request.mutable_picture()->set_data(png);
  return request;
}

TEST_CASE("A pose comes with named keypoints, skeleton and IUV of the picture's size", "[pose]") {
  pose::PoseReader reader(
      perception::PoseEstimatorSelector(std::make_unique<FakeEstimator>(30), "mini", {}));
  const auto pose = reader.Read(PoseRequest(Png(64, 48, 100)));
  REQUIRE(pose);
  REQUIRE(pose->keypoints_size() == 18);
  CHECK(pose->keypoints(2).name() == "right_shoulder");
  CHECK(pose->estimator() == "mini");
  const Image iuv = imaging::DecodeIuv(pose->iuv_png(), "iuv").value();
  CHECK(iuv.height == 64);
  CHECK(iuv.at(3, 5)[0] == 23);
  CHECK(imaging::DecodePicture(pose->skeleton_png(), "skeleton").value().width == 48);
}

TEST_CASE("A picture with a few stray person pixels shows nobody", "[pose]") {
  pose::PoseReader stray(
      perception::PoseEstimatorSelector(std::make_unique<FakeEstimator>(1), "mini", {}));
  CHECK(stray.Read(PoseRequest(Png(400, 400, 100))).error().reason == "NO_PERSON");
  pose::PoseReader unsure(
      perception::PoseEstimatorSelector(std::make_unique<FakeEstimator>(30, 0.05f), "mini", {}));
  const auto pose = unsure.Read(PoseRequest(Png(64, 48, 100)));
  REQUIRE_FALSE(pose);
  CHECK(pose.error().code == Code::kFailedPrecondition);
}

TEST_CASE("An asset sent straight to a worker is refused with the way to go", "[pose]") {
  pose::PoseReader reader(
      perception::PoseEstimatorSelector(std::make_unique<FakeEstimator>(30), "mini", {}));
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
  request.set_iuv_png(imaging::EncodePng(iuv).value());
  return request;
}

TEST_CASE("Regions bring the texture atlas, and the face when the head is seen", "[region]") {
  region::RegionReader reader(RegionModels());
  Image iuv(64, 48, 3);
  for (int y = 10; y < 30; ++y) {
    for (int x = 10; x < 30; ++x) iuv.at(y, x)[0] = 23;
  }
  const auto regions = reader.Read(RegionRequest(iuv, 120));
  REQUIRE(regions);
  const Image texture = imaging::DecodePicture(regions->texture_png(), "texture").value();
  CHECK(texture.height == 4 * kTile);
  CHECK(texture.width == 6 * kTile);
  CHECK(imaging::DecodeGrey(regions->texture_validity_png(), "validity").value().width == 96);
  CHECK(regions->face_found());
  REQUIRE(regions->face_embedding_size() == 1);
  CHECK(regions->face_embedding(0) == 120.0f);
  CHECK(regions->face_box().right() > regions->face_box().left());
}

TEST_CASE("The face of a person on the head is cut out upright", "[region]") {
  perception::FaceReader faces({}, nullptr);
  Image picture(64, 48, 3, 50), iuv(64, 48, 3);
  for (int y = 0; y < 50; ++y) {
    for (int x = 16; x < 32; ++x) iuv.at(y, x)[0] = y < 34 ? 2 : 23;
  }
  for (int x = 0; x < 48; ++x) picture.at(48, x)[0] = 250;  // the hair is at the bottom
  const auto face = faces.ReadFromIuv(picture, iuv);
  REQUIRE(face);
  REQUIRE(face->has_value());
  CHECK((*face)->box.top < 34);
  CHECK((*face)->box.bottom > 48);
  const Image& crop = (*face)->crop;
  CHECK(crop.at(10, 32)[0] > crop.at(54, 32)[0]);
}

TEST_CASE("A person whose head is not in the picture has no face, which is no error", "[region]") {
  region::RegionReader reader(RegionModels());
  Image iuv(64, 48, 3);
  for (int y = 10; y < 30; ++y) iuv.at(y, 20)[0] = 2;
  const auto regions = reader.Read(RegionRequest(iuv, 120));
  REQUIRE(regions);
  CHECK_FALSE(regions->face_found());
  CHECK(regions->face_embedding().empty());
}

/// A picture of `colour` whose whole head is seen.
v1::ExtractRegionsRequest HeadRequest(const std::string& model, uint8_t colour = 120) {
  Image iuv(64, 48, 3);
  for (int y = 10; y < 40; ++y) {
    for (int x = 10; x < 40; ++x) iuv.at(y, x)[0] = 23;
  }
  v1::ExtractRegionsRequest request = RegionRequest(iuv, colour);
  request.set_model(model);
  return request;
}

TEST_CASE("Regions are extracted in the layout and by the face network of the model asked for",
          "[region]") {
  region::RegionReader reader(RegionModels());
  const auto mini = reader.Read(HeadRequest("models/mini"));
  const auto published = reader.Read(HeadRequest("models/published"));
  REQUIRE(mini);
  REQUIRE(published);
  CHECK(mini->model() == "models/mini");
  CHECK(mini->texture_layout() == "atlas");
  CHECK(imaging::DecodePicture(mini->texture_png(), "texture").value().width == 6 * kTile);
  CHECK(mini->face_embedding_size() == 1);
  CHECK(mini->face_embedder() == "mini");
  CHECK(published->model() == "models/published");
  CHECK(published->texture_layout() == "smpl");
  CHECK(imaging::DecodePicture(published->texture_png(), "texture").value().width == 512);
  CHECK(published->face_embedding_size() == 2);
  CHECK(published->face_embedder() == "other");
  CHECK(reader.Read(HeadRequest(""))->model() == "models/mini");
  const auto unknown = reader.Read(HeadRequest("models/none"));
  REQUIRE_FALSE(unknown);
  CHECK(unknown.error().code == Code::kNotFound);
  CHECK(unknown.error().reason == "UNKNOWN_MODEL");
  CHECK(unknown.error().message.find("models/mini, models/published") != std::string::npos);
}

TEST_CASE("For a model without a face network faces are found and have no embedding", "[region]") {
  region::RegionReader reader(RegionModels());
  const auto regions = reader.Read(HeadRequest("models/faceless"));
  REQUIRE(regions);
  CHECK(regions->face_found());
  CHECK_FALSE(regions->face_png().empty());
  CHECK(regions->face_embedding().empty());
  CHECK(regions->face_embedder().empty());
}

TEST_CASE("Only the parts that a caller asks for are made, and without the face no network runs",
          "[region]") {
  region::RegionReader reader(RegionModels());
  v1::ExtractRegionsRequest request = HeadRequest("models/mini");
  request.add_parts(v1::REGION_PART_TEXTURE_MAP);
  const auto texture = reader.Read(request);
  REQUIRE(texture);
  CHECK_FALSE(texture->texture_png().empty());
  CHECK_FALSE(texture->face_found());
  CHECK(texture->face_embedding().empty());
  CHECK_FALSE(texture->person_mask_png().empty());
  request.set_parts(0, v1::REGION_PART_FACE);
  const auto face = reader.Read(request);
  REQUIRE(face);
  CHECK(face->texture_png().empty());
  CHECK(face->texture_layout().empty());
  CHECK(face->face_embedding_size() == 1);
  request.set_parts(0, v1::REGION_PART_UNSPECIFIED);
  const auto refused = reader.Read(request);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().field == "parts");
}

TEST_CASE("An IUV in another chart than the model's is not cut into a texture", "[region]") {
  region::RegionReader reader(RegionModels());
  v1::ExtractRegionsRequest request = HeadRequest("models/published");
  const auto assumed = reader.Read(request);
  REQUIRE(assumed);
  REQUIRE(assumed->warnings_size() == 1);
  CHECK(assumed->warnings(0).reason() == "IUV_CHART_ASSUMED");
  CHECK(assumed->warnings(0).field() == "iuv_png");
  request.set_iuv_chart("densepose");
  CHECK(reader.Read(request)->warnings().empty());
  request.set_iuv_chart("atelier");
  CHECK(reader.Read(request).error().reason == "IUV_CHART");
  request.set_iuv_chart("");
  request.set_iuv_png(AddPngText(request.iuv_png(), "iuv_chart", "atelier"));
  const auto by_file = reader.Read(request);
  REQUIRE_FALSE(by_file);
  CHECK(by_file.error().code == Code::kFailedPrecondition);
  CHECK(by_file.error().reason == "IUV_CHART");
  request.set_model("models/mini");
  CHECK(reader.Read(request)->warnings().empty());
  request.set_iuv_chart("densepose");
  CHECK(reader.Read(request).error().field == "iuv_chart");
  request.set_iuv_chart("uv");
  request.clear_iuv_png();
  CHECK(reader.Read(request).error().field == "iuv_chart");
}

TEST_CASE("A black IUV has no regions", "[region]") {
  region::RegionReader reader(RegionModels());
  const auto regions = reader.Read(RegionRequest(Image(64, 48, 3), 120));
  REQUIRE_FALSE(regions);
  CHECK(regions.error().field == "iuv_png");
  CHECK(regions.error().message.find("R is 0 in all of 48 x 64 pixels") != std::string::npos);
}

TEST_CASE("A caller who does not accept an assumed chart gets no regions", "[region]") {
  region::RegionReader reader(RegionModels());
  region::RegionServiceImpl service(reader);
  const auto server = std::move(rpc::Server::Start({}, {&service}).value());
  const auto stub =
      v1::RegionService::NewStub(rpc::Connect("127.0.0.1:" + std::to_string(server->port())));
  v1::ExtractRegionsRequest request = HeadRequest("models/mini");
  request.add_strict("IUV_CHART_ASSUMED");
  grpc::ClientContext context;
  v1::ExtractRegionsResponse response;
  const Error error = rpc::FromGrpc(stub->ExtractRegions(&context, request, &response));
  CHECK(error.code == Code::kFailedPrecondition);
  CHECK(error.reason == "IUV_CHART_ASSUMED");
}

TEST_CASE("An IUV of another size than the picture is refused", "[region]") {
  region::RegionReader reader(RegionModels());
  v1::ExtractRegionsRequest request = RegionRequest(Image(64, 48, 3, 2), 120);
  request.set_iuv_png(Png(32, 48, 2));
  const auto regions = reader.Read(request);
  REQUIRE_FALSE(regions);
  CHECK(regions.error().field == "iuv_png");
  CHECK(regions.error().message.find("of the picture's size") != std::string::npos);
}

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
      perception->EstimatePose(Image(64, 48, 3, 100), {.iuv = true}, FakePainter().info(), {});
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
  const auto pose = perception->EstimatePose(Image(64, 48, 3, 100), {.keypoint_picture = true},
                                             FakePainter().info(), {});
  INFO((pose ? "" : pose.error().message));
  REQUIRE(pose);
  CHECK(pose->iuv.empty());
  CHECK(pose->keypoint_picture.height == 64);
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
      services.perception->EstimatePose(Image(64, 48, 3, 100), {.iuv = true}, info, {});
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
