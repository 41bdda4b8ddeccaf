// Published files of FPDM: one checkpoint with all networks, told from MCLD's by what is there.
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "models/model_check.h"
#include "parity/fpdm/tiny_fpdm.h"
#include "support/temp_dir.h"

namespace atelier::models {
namespace {

namespace fs = std::filesystem;

const fs::path kModels = fs::path(ATELIER_SOURCE_DIR) / "models";

nlohmann::json ReadJson(const fs::path& path) {
  std::ifstream in(path);
  return nlohmann::json::parse(in);
}

/// The tiny checkpoint as `files`, and a layout of its sizes under models/fpdm's names.
struct PublishedFpdm {
  testing::TempDir dir;
  fs::path files = dir.path() / "files", layout = dir.path() / "layout";

  PublishedFpdm() {
    fs::create_directories(files);
    fs::create_directories(layout);
    fs::copy_file(testing::FpdmParityFolder::Committed().root() / "diffusion_last.safetensors",
                  files / "diffusion_last.safetensors");
    fs::copy_file(kModels / "fpdm/published.json", layout / "published.json");
    Write([](nlohmann::json&) {});
  }
  /// The layout, changed by `change`.
  template <typename Change>
  void Write(const Change& change) {
    nlohmann::json model = testing::TinyFpdmFolder().model();
    const nlohmann::json published = ReadJson(kModels / "fpdm/model.json");
    const std::string checkpoint = published.at("components").at("combiner").at("weights");
    for (auto& [name, component] : model["components"].items()) component["weights"] = checkpoint;
    change(model);
    std::ofstream(layout / "model.json") << model;
  }
  ModelReport Check() {
    const auto report = CheckModel({.folder = files, .layouts = {kModels / "mcld", layout}});
    if (!report) FAIL(report.error().message);
    return *report;
  }
};

TEST_CASE("A folder of FPDM's checkpoint is compared with FPDM's layout and is whole", "[models]") {
  PublishedFpdm published;
  const ModelReport report = published.Check();
  INFO(ToText(report));
  CHECK(report.model_json == published.layout / "model.json");
  CHECK(report.problems() == 0);
  CHECK(report.components.size() == 7);
}

TEST_CASE("A whole checkpoint beside some of MCLD's files is FPDM's all the same", "[models]") {
  PublishedFpdm published;
  for (const char* name : {"denoising_unet.pth", "pose_guider.pth", "reference_unet.pth"})
    std::ofstream(published.files / name) << "x";
  const ModelReport report = published.Check();
  INFO(ToText(report));
  CHECK(report.model_json == published.layout / "model.json");
  CHECK(report.problems() == 0);
}

TEST_CASE("A checkpoint without a stage is said to lack it, in one line", "[models]") {
  PublishedFpdm published;
  published.Write([](nlohmann::json& model) {
    model["components"]["combiner"]["prefix"] = "fusion_model.no_such_stage.";
  });
  const ModelReport report = published.Check();
  INFO(ToText(report));
  REQUIRE(report.problems() == 1);
  for (const Finding& finding : report.findings) {
    if (finding.severity != Severity::kProblem) continue;
    CHECK(finding.reason == "NO_SUCH_PREFIX");
    CHECK(finding.component == "combiner");
    CHECK(finding.text.find("`fusion_model.no_such_stage.`") != std::string::npos);
  }
}

TEST_CASE("A model without the networks of its fusion is told what is missing", "[models]") {
  PublishedFpdm published;
  published.Write([](nlohmann::json& model) { model["components"].erase("combiner"); });
  const ModelReport report = published.Check();
  INFO(ToText(report));
  CHECK(report.problems() >= 1);
  CHECK(ToText(report).find("components.combiner") != std::string::npos);
}

TEST_CASE("Sizes that do not fit each other are told by both names", "[models]") {
  PublishedFpdm published;
  published.Write(
      [](nlohmann::json& model) { model["conditioning"]["fpdm"]["source_encoder_size"] = 8; });
  CHECK(ToText(published.Check()).find("source_encoder_size") != std::string::npos);
}

}  // namespace
}  // namespace atelier::models
