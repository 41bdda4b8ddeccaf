#include <catch2/catch.hpp>
#include <fstream>

#include "engine/painter.h"
#include "support/temp_dir.h"
#include "support/toy_pipeline.h"

namespace atelier::engine {
namespace {

using testing::RegisterToyPipeline;
using testing::TempDir;
using testing::ToyModelFolder;

/// Registered for the whole program: model.json names it by then, whatever test runs first.
const bool is_registered = [] {
  RegisterToyPipeline();
  return true;
}();

Result<ModelInfo> InfoOf(const std::string& model_json) {
  const TempDir folder;
  std::ofstream(folder.path() / "model.json") << model_json;
  return ReadModelInfo(folder.path());
}

TEST_CASE("A pipeline beside MCLD is loaded by the name in model.json and paints", "[painter]") {
  const ToyModelFolder folder;
  const auto painter = Painter::Load(folder.path(), {});
  if (!painter.has_value()) FAIL(painter.error().message);
  CHECK((*painter)->info().pipeline == "toy");
  // Neither texture map, IUV nor face: the pipeline does not read them.
  PaintRequest request;
  request.source = Image(128, 64, 3, 200);
  request.keypoint_picture = Image(128, 64, 3, 0);
  request.keypoint_picture.at(0, 0)[1] = 255;
  int steps = 0;
  const auto pictures = (*painter)->Paint({&request, 1}, {}, [&](const PaintStep& step) {
    steps = step.steps;
    return true;
  });
  if (!pictures.has_value()) FAIL(pictures.error().message);
  CHECK(steps == 2);
  const Image& picture = pictures->front();
  CHECK(picture.height == 64);
  CHECK(picture.width == 32);
  const uint8_t* pixel = picture.at(40, 20);
  CHECK(std::vector<uint8_t>(pixel, pixel + 3) == std::vector<uint8_t>{100, 200, 50});
}

TEST_CASE("A condition that the pipeline reads and the request lacks is refused by its name",
          "[painter]") {
  const ToyModelFolder folder;
  const auto painter = Painter::Load(folder.path(), {});
  REQUIRE(painter.has_value());
  PaintRequest request;
  request.source = Image(128, 64, 3, 200);
  const auto pictures = (*painter)->Paint({&request, 1}, {}, {});
  REQUIRE_FALSE(pictures.has_value());
  CHECK(pictures.error().field == "requests[0].keypoint_picture");
}

TEST_CASE("Each pipeline's model says which conditions it reads", "[painter]") {
  const ToyModelFolder folder;
  const auto toy = ReadModelInfo(folder.path());
  REQUIRE(toy.has_value());
  CHECK(toy->conditions ==
        std::vector<Condition>{Condition::kSourcePicture, Condition::kKeypointPicture});
  const auto mini = ReadModelInfo(ATELIER_SOURCE_DIR "/models/atelier-mini");
  REQUIRE(mini.has_value());
  CHECK(mini->Reads(Condition::kTextureMap));
  CHECK(mini->Reads(Condition::kTargetIuv));
  CHECK(mini->Reads(Condition::kFaceEmbedding));
  CHECK_FALSE(mini->Reads(Condition::kKeypointPicture));
}

TEST_CASE("A pipeline that is not known is refused with the known ones and what was given",
          "[painter]") {
  const auto info = InfoOf(R"({"name": "x", "pipeline": "none", "height": 64, "width": 64,
                               "components": {"fusion": {"weights": "f.safetensors"}}})");
  REQUIRE_FALSE(info.has_value());
  CHECK(info.error().code == Code::kInvalidArgument);
  CHECK(info.error().field == "pipeline");
  CHECK_THAT(info.error().message, Catch::Contains("one of fpdm, mcld, toy. Given: none"));
}

TEST_CASE("A component of another pipeline is refused, one of perception is every model's",
          "[painter]") {
  const auto with = [](const std::string& component) {
    return InfoOf(R"({"name": "x", "pipeline": "toy", "height": 64, "width": 64,
                      "components": {"tint": {"weights": "t.safetensors"}, ")" +
                  component + R"(": {"weights": "w.safetensors"}}})");
  };
  CHECK(with("pose_network").has_value());
  const auto refused = with("vae");
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().field == "components.vae");
}

}  // namespace
}  // namespace atelier::engine
