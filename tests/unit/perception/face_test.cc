// Faces: alignment, a user's embedder, and what RegionService says of photographs.
#include <catch2/catch.hpp>
#include <cmath>

#include "imaging/picture_codec.h"
#include "perception/face/arcface.h"
#include "perception/face/face_alignment.h"
#include "perception/face/face_reader.h"
#include "perception/keypoint_estimator.h"
#include "region/region_service.h"

namespace atelier::perception {
namespace {

constexpr int kTile = 16;

std::filesystem::path Data(const std::string& name) {
  return std::filesystem::path(ATELIER_SOURCE_DIR) / "tests/unit/perception/data" / name;
}

/// ArcFace's template, turned by `angle`, made `scale` times as large and moved by (x, y).
std::vector<FacePoint> TurnedTemplate(double angle, double scale, double x, double y) {
  std::vector<FacePoint> points = {{"right_eye", 38.2946f, 51.6963f},
                                   {"left_eye", 73.5318f, 51.5014f},
                                   {"nose", 56.0252f, 71.7366f},
                                   {"right_mouth", 41.5493f, 92.3655f},
                                   {"left_mouth", 70.7299f, 92.2041f}};
  for (FacePoint& point : points) {
    const double px = point.x, py = point.y;
    point.x = static_cast<float>(scale * (std::cos(angle) * px - std::sin(angle) * py) + x);
    point.y = static_cast<float>(scale * (std::sin(angle) * px + std::cos(angle) * py) + y);
  }
  return points;
}

TEST_CASE("A face that was turned, scaled and moved is brought back onto the template", "[face]") {
  const auto points = TurnedTemplate(0.5, 3, 200, -40);
  const auto alignment = AlignmentOf(points);
  REQUIRE(alignment);
  CHECK(alignment->a == Approx(std::cos(0.5) / 3));
  CHECK(alignment->b == Approx(-std::sin(0.5) / 3));
  const double x = alignment->a * points[2].x - alignment->b * points[2].y + alignment->x0;
  const double y = alignment->b * points[2].x + alignment->a * points[2].y + alignment->y0;
  CHECK(x == Approx(56.0252).margin(1e-3));
  CHECK(y == Approx(71.7366).margin(1e-3));
}

TEST_CASE("The middle of the mouth stands for its corners", "[face]") {
  auto points = TurnedTemplate(-0.2, 0.5, 10, 20);
  const float x = (points[3].x + points[4].x) / 2, y = (points[3].y + points[4].y) / 2;
  points.resize(3);
  points.push_back({"mouth", x, y});
  const auto alignment = AlignmentOf(points);
  REQUIRE(alignment);
  CHECK(alignment->a == Approx(std::cos(0.2) / 0.5));
  CHECK(alignment->b == Approx(std::sin(0.2) / 0.5));
}

TEST_CASE("Alignment is the nearest in squares, not a fit of some of the points", "[face]") {
  // One eye half a pixel too high, the other too low: the face seems turned.
  auto points = TurnedTemplate(0, 1, 0, 0);
  points[0].y -= 0.5f;
  points[1].y += 0.5f;
  const auto alignment = AlignmentOf(points);
  REQUIRE(alignment);
  CHECK(alignment->a == Approx(1).margin(2e-3));
  // By half a pixel times the eyes' distance, over the points' squared distances from their middle.
  CHECK(alignment->b == Approx(-0.5 * 35.2372 / 2702.0).margin(2e-5));
}

TEST_CASE("Points that fall together have no alignment", "[face]") {
  CHECK_FALSE(AlignmentOf({}));
  CHECK_FALSE(AlignmentOf({{"nose", 5, 5}}));
  CHECK_FALSE(AlignmentOf({{"nose", 5, 5}, {"left_eye", 5, 5}}));
  CHECK_FALSE(AlignmentOf({{"chin", 1, 2}, {"brow", 3, 4}}));
  CHECK(AlignFace(Image(50, 50, 3), {}).empty());
}

TEST_CASE("An aligned face shows the picture's pixels where the template has them", "[face]") {
  Image picture(300, 300, 3);
  const auto points = TurnedTemplate(0.3, 2, 100, 20);
  for (int y = -2; y <= 2; ++y) {
    for (int x = -2; x <= 2; ++x) {
      picture.at(static_cast<int>(points[1].y) + y, static_cast<int>(points[1].x) + x)[1] = 200;
    }
  }
  const Image aligned = AlignFace(picture, points);
  REQUIRE(aligned.height == 112);
  CHECK(aligned.at(51, 73)[1] > 150);
  CHECK(aligned.at(51, 38)[1] == 0);
}

TEST_CASE("The head's square follows the ears, or the shoulders of a turned head", "[face]") {
  Keypoints keypoints{};
  keypoints[0] = {100, 50, 1};
  CHECK(HeadSquare(keypoints).empty());
  keypoints[16] = {90, 45, 1};
  keypoints[17] = {110, 45, 1};
  CHECK(HeadSquare(keypoints).left == Approx(100 - 1.3 * 20));
  CHECK(HeadSquare(keypoints).bottom == Approx(50 + 1.3 * 20));
  keypoints[2] = {60, 90, 1};
  keypoints[5] = {140, 90, 1};
  CHECK(HeadSquare(keypoints).left == Approx(100 - 1.3 * 0.6 * 80));
  keypoints[0].confidence = 0;
  CHECK(HeadSquare(keypoints).empty());
}

TEST_CASE("An ArcFace network sees RGB from -1 to 1, and its answer is left as it comes",
          "[face]") {
  auto arcface = LoadArcFace(Data("arcface.onnx"));  // means of 8 x 8 cells of each channel
  REQUIRE(arcface);
  Image face(112, 112, 3, 0);
  for (size_t i = 0; i < face.data.size(); i += 3) face.data[i] = 255;
  const auto embedding = (*arcface)->Embed(face);
  REQUIRE(embedding);
  REQUIRE(embedding->size() == 192);
  CHECK(embedding->at(0) == Approx(1));
  CHECK(embedding->at(63) == Approx(1));
  CHECK(embedding->at(64) == Approx(-1));
  CHECK((*arcface)->Embed(Image(64, 64, 3, 9)).error().code == Code::kInvalidArgument);
}

TEST_CASE("A network that is no face embedder is refused", "[face]") {
  CHECK(LoadArcFace(Data("few_numbers.onnx")).error().reason == "UNKNOWN_FACE_EMBEDDER");
  CHECK(LoadArcFace(Data("rtmpose.onnx")).error().code != Code::kOk);
  CHECK(LoadArcFace(Data("none.onnx")).error().reason == "NO_NETWORK_FILE");
}

/// Finds a face of 20 pixels wherever the nose is, or in the middle of the box.
class FakeFinder final : public FaceFinder {
 public:
  explicit FakeFinder(bool finds = true) : finds_(finds) {}
  Result<std::optional<FoundFace>> Find(const Image&, const Keypoints* keypoints) override {
    return keypoints == nullptr ? At(10, 10) : At((*keypoints)[0].x, (*keypoints)[0].y);
  }
  Result<std::optional<FoundFace>> FindIn(const Image&, const Box& box) override {
    return At((box.left + box.right) / 2, (box.top + box.bottom) / 2);
  }

 private:
  std::optional<FoundFace> At(float x, float y) const {
    if (!finds_) return std::nullopt;
    FoundFace face;
    face.box = {x - 10, y - 10, x + 10, y + 10};
    face.confidence = 0.8f;
    face.points = {{"right_eye", x - 4, y - 4}, {"left_eye", x + 4, y - 4}, {"nose", x, y}};
    return face;
  }
  bool finds_;
};

/// One number: the width of what it was shown.
class WidthEmbedder final : public engine::FaceEmbedder {
 public:
  Result<std::vector<float>> Embed(const Image& crop) override {
    return std::vector<float>{static_cast<float>(crop.width)};
  }
};

class FakeBody final : public perception::KeypointEstimator {
 public:
  explicit FakeBody(bool sees = true) : sees_(sees) {}
  std::string_view name() const override { return "fake"; }
  Result<perception::KeypointEstimate> Estimate(const Image& picture) override {
    if (!sees_) return perception::NoPerson("fake", 0, 0.5);
    perception::KeypointEstimate estimate;
    estimate.keypoints[0] = {30, 40, 1};
    estimate.people = 3;
    estimate.mask = Image(picture.height, picture.width, 1, 99);
    return estimate;
  }

 private:
  bool sees_;
};

NamedModels<region::RegionModel> OneModel(bool wants_aligned) {
  NamedModels<region::RegionModel> models;
  REQUIRE(models.Add("mini", {"mini",
                              "atlas",
                              "atelier",
                              kTile,
                              {std::make_unique<WidthEmbedder>(), "width", wants_aligned}}));
  return models;
}

region::RegionReader MakeReader(bool wants_aligned, bool finds = true, bool sees = true) {
  return {OneModel(wants_aligned),
          {std::make_unique<FakeFinder>(finds), std::make_unique<FakeBody>(sees)}};
}

v1::ExtractRegionsRequest Request(bool with_iuv, v1::Estimator estimator) {
  v1::ExtractRegionsRequest request;
  request.mutable_picture()->set_data(imaging::EncodePng(Image(64, 64, 3, 90)).value());
  request.set_estimator(estimator);
  if (!with_iuv) return request;
  Image iuv(64, 64, 3);
  for (int y = 10; y < 30; ++y) {
    for (int x = 20; x < 40; ++x) iuv.at(y, x)[0] = 23;
  }
  request.set_iuv_png(imaging::EncodePng(iuv).value());
  return request;
}

uint8_t MaskAt(const v1::ExtractRegionsResponse& regions, int y, int x) {
  return imaging::DecodeGrey(regions.person_mask_png(), "mask").value().at(y, x)[0];
}

TEST_CASE("A picture without an IUV has face and mask by the networks for photographs, no texture",
          "[face]") {
  region::RegionReader reader = MakeReader(/*wants_aligned=*/false);
  const auto regions = reader.Read(Request(false, v1::ESTIMATOR_UNSPECIFIED));
  REQUIRE(regions);
  CHECK(regions->face_found());
  CHECK(regions->face_box().left() == 20);  // around the nose that the body network saw
  CHECK(regions->face_box().bottom() == 50);
  CHECK(regions->face_confidence() == 0.8f);
  CHECK(regions->face_estimator() == "blazeface");
  CHECK(regions->face_embedder() == "width");
  CHECK(regions->face_embedding(0) == 64);
  REQUIRE(regions->face_landmarks_size() == 3);
  CHECK(regions->face_landmarks(1).name() == "left_eye");
  CHECK(regions->face_landmarks(1).x() == 34);
  CHECK(imaging::DecodePicture(regions->aligned_face_png(), "face").value().width == 112);
  CHECK(regions->texture_png().empty());
  CHECK(MaskAt(*regions, 0, 0) == 99);
}

TEST_CASE("A picture with an IUV has its face by the head parts, unless told otherwise", "[face]") {
  region::RegionReader reader = MakeReader(/*wants_aligned=*/false);
  const auto rendered = reader.Read(Request(true, v1::ESTIMATOR_AUTO));
  REQUIRE(rendered);
  CHECK(rendered->face_estimator() == "iuv");
  CHECK(rendered->face_confidence() == 0);
  CHECK(rendered->face_landmarks().empty());
  CHECK_FALSE(rendered->texture_png().empty());
  CHECK(MaskAt(*rendered, 15, 25) == 255);
  CHECK(MaskAt(*rendered, 40, 25) == 0);
  const auto photograph = reader.Read(Request(true, v1::ESTIMATOR_PHOTOGRAPH));
  REQUIRE(photograph);
  CHECK(photograph->face_estimator() == "blazeface");
  CHECK_FALSE(photograph->texture_png().empty());
  CHECK(MaskAt(*photograph, 40, 25) == 99);
}

TEST_CASE("Regions of a photograph without an IUV say who else is in it, once", "[face]") {
  region::RegionReader reader = MakeReader(/*wants_aligned=*/false);
  const auto alone = reader.Read(Request(false, v1::ESTIMATOR_PHOTOGRAPH));
  REQUIRE(alone);
  REQUIRE(alone->warnings_size() == 1);
  CHECK(alone->warnings(0).reason() == "SEVERAL_PEOPLE");
  CHECK(alone->warnings(0).field() == "picture");
  CHECK(alone->warnings(0).value() == 3);
  // Whoever brings the IUV was told by the pose service.
  const auto with_iuv = reader.Read(Request(true, v1::ESTIMATOR_PHOTOGRAPH));
  REQUIRE(with_iuv);
  for (const v1::Warning& warning : with_iuv->warnings()) {
    CHECK(warning.reason() != "SEVERAL_PEOPLE");
  }
}

TEST_CASE("Given keypoints tell whose face is meant", "[face]") {
  region::RegionReader reader = MakeReader(/*wants_aligned=*/false);
  v1::ExtractRegionsRequest request = Request(false, v1::ESTIMATOR_PHOTOGRAPH);
  v1::Keypoint& nose = *request.add_keypoints();
  nose.set_name("nose");
  nose.set_x(12);
  nose.set_y(20);
  nose.set_confidence(1);
  CHECK(reader.Read(request)->face_box().left() == 2);
  nose.set_name("snout");
  CHECK(reader.Read(request).error().field == "keypoints");
  nose.set_name("nose");
  nose.set_x(NAN);
  CHECK(reader.Read(request).error().field == "keypoints");
  nose.set_x(1);
  for (int i = 0; i < 18; ++i) *request.add_keypoints() = nose;
  CHECK(reader.Read(request).error().field == "keypoints");
}

TEST_CASE("An embedder of aligned faces gets one, or there is no embedding", "[face]") {
  region::RegionReader reader = MakeReader(/*wants_aligned=*/true);
  CHECK(reader.Read(Request(false, v1::ESTIMATOR_AUTO))->face_embedding(0) == 112);
  const auto rendered = reader.Read(Request(true, v1::ESTIMATOR_RENDERED));
  REQUIRE(rendered);
  CHECK(rendered->face_estimator() == "iuv");
  CHECK(rendered->face_embedding(0) == 112);
  CHECK(rendered->face_landmarks_size() == 3);
  region::RegionReader blind = MakeReader(/*wants_aligned=*/true, /*finds=*/false);
  const auto unaligned = blind.Read(Request(true, v1::ESTIMATOR_RENDERED));
  REQUIRE(unaligned);
  CHECK(unaligned->face_found());
  CHECK(unaligned->face_embedding().empty());
  CHECK(unaligned->face_embedder().empty());
}

TEST_CASE("A photograph of nobody has neither face nor mask, which is no error", "[face]") {
  region::RegionReader reader = MakeReader(false, /*finds=*/false, /*sees=*/false);
  const auto regions = reader.Read(Request(false, v1::ESTIMATOR_PHOTOGRAPH));
  REQUIRE(regions);
  CHECK_FALSE(regions->face_found());
  CHECK(regions->person_mask_png().empty());
}

TEST_CASE("Without networks for photographs an IUV is needed", "[face]") {
  region::RegionReader reader(OneModel(/*wants_aligned=*/false));
  CHECK(reader.Read(Request(true, v1::ESTIMATOR_UNSPECIFIED))->face_found());
  CHECK(reader.Read(Request(false, v1::ESTIMATOR_UNSPECIFIED)).error().reason ==
        "NO_PHOTOGRAPH_NETWORKS");
  CHECK(reader.Read(Request(true, v1::ESTIMATOR_PHOTOGRAPH)).error().code ==
        Code::kFailedPrecondition);
  CHECK(reader.Read(Request(false, v1::ESTIMATOR_RENDERED)).error().field == "iuv_png");
}

}  // namespace
}  // namespace atelier::perception
