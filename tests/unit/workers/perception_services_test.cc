// Pose and region services as their callers see them.
#include <catch2/catch.hpp>

#include "imaging/picture_codec.h"
#include "perception/face/face_reader.h"
#include "perception_fakes.h"
#include "picture/png_text.h"
#include "rpc/server.h"
#include "rpc/status.h"

namespace atelier {
namespace {

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

}  // namespace
}  // namespace atelier
