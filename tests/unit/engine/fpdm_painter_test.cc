// FPDM through the painter's border: no LibTorch in here.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "engine/painter.h"
#include "parity/fpdm/tiny_fpdm.h"

namespace atelier::engine {
namespace {

using testing::TinyFpdmFolder;

Image Stripes(int height, int width, int period, uint8_t offset) {
  Image image(height, width, 3);
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x)
      for (int c = 0; c < 3; ++c)
        image.at(y, x)[c] = static_cast<uint8_t>(offset + 40 * c + (x / period + y) % 100);
  return image;
}

PaintRequest SomeRequest(uint64_t seed) {
  PaintRequest request;
  request.source = Stripes(150, 110, 7, 20);
  request.keypoint_picture = Stripes(201, 133, 5, 0);
  request.seed = seed;
  return request;
}

std::unique_ptr<Painter> Load(const TinyFpdmFolder& folder) {
  auto painter = Painter::Load(folder.path(), {.threads = 1});
  if (!painter.has_value()) FAIL(painter.error().message);
  return std::move(*painter);
}

std::vector<Image> Paint(Painter& painter, const std::vector<PaintRequest>& requests,
                         const PaintOptions& options = {}) {
  auto pictures = painter.Paint(requests, options, {});
  if (!pictures.has_value()) FAIL(pictures.error().message);
  return std::move(*pictures);
}

int LargestDifference(const Image& a, const Image& b) {
  REQUIRE(a.data.size() == b.data.size());
  int largest = 0;
  for (size_t i = 0; i < a.data.size(); ++i)
    largest = std::max(largest, std::abs(int{a.data[i]} - int{b.data[i]}));
  return largest;
}

TEST_CASE("An FPDM model says what it is and what it reads", "[fpdm]") {
  const TinyFpdmFolder folder;
  const auto painter = Load(folder);
  const ModelInfo& info = painter->info();
  CHECK(info.pipeline == "fpdm");
  CHECK(info.conditions ==
        std::vector<Condition>{Condition::kSourcePicture, Condition::kKeypointPicture});
  CHECK(info.default_scheduler == "ddpm");
}

TEST_CASE("A picture is its seed's, whatever batch it was painted in", "[fpdm]") {
  const TinyFpdmFolder folder;
  const auto painter = Load(folder);
  const std::string scheduler = GENERATE("ddpm", "ddim");
  const PaintOptions options{.steps = 3, .scheduler = scheduler};
  const Image alone = Paint(*painter, {SomeRequest(5)}, options)[0];
  const std::vector<Image> together =
      Paint(*painter, {SomeRequest(4), SomeRequest(5), SomeRequest(4)}, options);
  CHECK(alone.height == painter->info().height);
  CHECK(alone.width == painter->info().width);
  CHECK(LargestDifference(alone, together[1]) <= 1);
  CHECK(LargestDifference(together[0], together[2]) <= 1);
  CHECK(LargestDifference(alone, together[0]) > 8);
}

TEST_CASE("Frames of one source are painted as each by itself, all branches", "[fpdm]") {
  const TinyFpdmFolder folder;
  const auto painter = Load(folder), fresh = Load(folder);
  std::vector<PaintRequest> frames(3, SomeRequest(5));
  frames[1].keypoint_picture = Stripes(201, 133, 11, 30);
  frames[2].keypoint_picture = Stripes(201, 133, 3, 60);
  const std::vector<Image> together = Paint(*painter, frames);
  PaintRequest other = SomeRequest(5);
  other.source = Stripes(150, 110, 13, 90);
  const Image another = Paint(*fresh, {other})[0];
  for (size_t i = 0; i < frames.size(); ++i) {
    CHECK(LargestDifference(together[i], Paint(*fresh, {frames[i]})[0]) <= 1);
    Paint(*fresh, {other});
  }
  CHECK(LargestDifference(Paint(*painter, {other})[0], another) <= 1);
}

TEST_CASE("Source and pose both change what is painted, guided or not", "[fpdm]") {
  const TinyFpdmFolder folder;
  const auto painter = Load(folder);
  const double guidance = GENERATE(1.0, 2.0);
  const PaintOptions options{.steps = 2, .guidance = guidance};
  PaintRequest other_source = SomeRequest(5), other_pose = SomeRequest(5);
  other_source.source = Stripes(90, 90, 3, 90);
  other_pose.keypoint_picture = Stripes(90, 90, 20, 120);
  const std::vector<Image> pictures =
      Paint(*painter, {SomeRequest(5), other_source, other_pose}, options);
  CHECK(LargestDifference(pictures[0], pictures[1]) > 2);
  CHECK(LargestDifference(pictures[0], pictures[2]) > 2);
}

TEST_CASE("A second weight of guidance takes a third branch and another picture", "[fpdm]") {
  TinyFpdmFolder folder;
  const Image published = Paint(*Load(folder), {SomeRequest(5)})[0];
  folder.model()["conditioning"]["fpdm"]["fusion_guidance_ratio"] = 3.0;
  folder.Write();
  CHECK(LargestDifference(Paint(*Load(folder), {SomeRequest(5)})[0], published) > 2);
}

TEST_CASE("The second weight counts without guidance as well", "[fpdm]") {
  TinyFpdmFolder folder;
  const PaintOptions unguided{.guidance = 1.0};
  const Image published = Paint(*Load(folder), {SomeRequest(5)}, unguided)[0];
  folder.model()["conditioning"]["fpdm"]["fusion_guidance_ratio"] = 3.0;
  folder.Write();
  const auto painter = Load(folder);
  const Image without = Paint(*painter, {SomeRequest(5)}, unguided)[0];
  CHECK(LargestDifference(without, published) > 2);
  // And there is no jump at 1.
  CHECK(LargestDifference(without, Paint(*painter, {SomeRequest(5)}, {.guidance = 1.00001})[0]) <=
        1);
}

TEST_CASE("The paper's variants are settings: no fusion, or CLIP's embedding of the source",
          "[fpdm]") {
  TinyFpdmFolder folder;
  nlohmann::json& model = folder.model();
  const std::string fusion = GENERATE("none", "source");
  INFO(fusion);
  model["conditioning"]["fpdm"]["fusion"] = fusion;
  model["components"].erase("combiner");
  if (fusion == "none") {
    model["components"].erase("image_encoder");
    // The checkpoint has the fusion's projection; a model without one has no such network.
    model["components"]["denoising_unet"]["config"]["class_embed_type"] = nullptr;
  }
  folder.Write();
  const auto loaded = Painter::Load(folder.path(), {.threads = 1});
  if (fusion == "source") {
    REQUIRE(loaded.has_value());
    CHECK(Paint(**loaded, {SomeRequest(5)}).size() == 1);
    return;
  }
  REQUIRE_FALSE(loaded.has_value());
  CHECK_THAT(loaded.error().message, Catch::Contains("class_embedding"));
}

TEST_CASE("A picture that the model needs is named where it lacks", "[fpdm]") {
  const TinyFpdmFolder folder;
  const auto painter = Load(folder);
  PaintRequest request = SomeRequest(5);
  request.keypoint_picture = {};
  const auto pictures = painter->Paint(std::vector{request}, {}, {});
  REQUIRE_FALSE(pictures.has_value());
  CHECK(pictures.error().field == "requests[0].keypoint_picture");
}

TEST_CASE("A bad setting of conditioning.fpdm is refused by its key", "[fpdm]") {
  TinyFpdmFolder folder;
  folder.model()["conditioning"]["fpdm"]["fusion"] = "blended";
  folder.Write();
  const auto info = ReadModelInfo(folder.path());
  REQUIRE_FALSE(info.has_value());
  CHECK_THAT(info.error().message, Catch::Contains("conditioning.fpdm.fusion"));
}

}  // namespace
}  // namespace atelier::engine
