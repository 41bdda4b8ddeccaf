// atelier-model-check on a model of another pipeline than MCLD's.
#include <catch2/catch.hpp>
#include <fstream>

#include "models/model_check.h"
#include "support/sparse_weights.h"
#include "support/toy_pipeline.h"

namespace atelier::models {
namespace {

ModelReport Check(const std::filesystem::path& folder) {
  testing::RegisterToyPipeline();
  const auto report = CheckModel({.folder = folder, .layouts = {}});
  if (!report) FAIL(report.error().message);
  return *report;
}

TEST_CASE("A model of another pipeline is checked for that pipeline's components", "[models]") {
  const testing::ToyModelFolder folder;
  const ModelReport report = Check(folder.path());
  INFO(ToText(report));
  CHECK(report.problems() == 0);
  REQUIRE(report.components.size() == 1);
  CHECK(report.components[0].name == "tint");
  CHECK(report.components[0].tensors == 1);
  CHECK(report.components[0].parameters == 3);
  // Neither faces nor textures are read, and keypoints are read without a network of the model's.
  CHECK(report.notes() == 0);
}

TEST_CASE("A weight file of another shape than the pipeline's is a problem of its key",
          "[models]") {
  const testing::ToyModelFolder folder;
  testing::WriteSparseSafetensors(folder.path() / "tint.safetensors", {{"tint", {4}}});
  const ModelReport report = Check(folder.path());
  INFO(ToText(report));
  REQUIRE(report.problems() == 1);
  CHECK(report.findings[0].reason == "SHAPE");
  CHECK(report.findings[0].expected == std::vector<int64_t>{3});
  CHECK(report.findings[0].found == std::vector<int64_t>{4});
}

TEST_CASE("A model of a pipeline that nobody knows has no components to check", "[models]") {
  const testing::ToyModelFolder folder;
  std::ofstream(folder.path() / "model.json") << R"({"name": "x", "pipeline": "none", "height": 64,
      "width": 64, "components": {"tint": {"weights": "tint.safetensors"}}})";
  const ModelReport report = Check(folder.path());
  REQUIRE(report.problems() == 1);
  CHECK(report.findings[0].reason == "BAD_MODEL_JSON");
  CHECK(report.findings[0].text.find("Given: none") != std::string::npos);
}

}  // namespace
}  // namespace atelier::models
