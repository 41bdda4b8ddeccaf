#include "models/model_check.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <fstream>
#include <nlohmann/json.hpp>

#include "base/image.h"
#include "imaging/picture_codec.h"
#include "support/published_tiny_model.h"
#include "support/sparse_weights.h"
#include "support/tiny_model.h"

namespace atelier::models {
namespace {

namespace fs = std::filesystem;
using namespace testing;  // NOLINT: files and folders of the test's own model

/// Published files with a model.json of their own: a whole model folder.
class ModelOfFiles : public PublishedTinyModel {
 public:
  ModelOfFiles() { WriteModelJson(files(), model()); }
  ModelReport Check() const {
    auto report = CheckModel({.folder = files(), .layouts = {}});
    REQUIRE(report.has_value());
    return *report;
  }
};

std::vector<Finding> ProblemsOf(const ModelReport& report) {
  std::vector<Finding> problems;
  for (const Finding& finding : report.findings) {
    if (finding.severity == Severity::kProblem) problems.push_back(finding);
  }
  return problems;
}

/// The one problem that there is.
Finding OnlyProblem(const ModelReport& report) {
  INFO(ToText(report));
  REQUIRE(report.problems() == 1);
  REQUIRE(ProblemsOf(report).size() == 1);
  return ProblemsOf(report).front();
}

Finding NoteOf(const ModelReport& report, const std::string& reason) {
  for (const Finding& finding : report.findings) {
    if (finding.severity == Severity::kNote && finding.reason == reason) return finding;
  }
  FAIL("no note " << reason << " in\n" << ToText(report));
  return {};
}

void Overwrite(const fs::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

std::string ReadAll(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void WritePng(const fs::path& path, const Image& image) {
  Overwrite(path, *imaging::EncodePng(image));
}

/// Of the tiny pose guider, whose first keys the tests break.
Shapes PoseGuider() {
  Shapes shapes = {{"conv_in.weight", {16, 3, 3, 3}},
                   {"conv_in.bias", {16}},
                   {"conv_out.weight", {8, 256, 3, 3}},
                   {"conv_out.bias", {8}}};
  const std::vector<int64_t> widths = {16, 16, 16, 32, 32, 96, 96, 256};
  const std::vector<std::pair<int64_t, int64_t>> blocks = {{16, 16}, {16, 32}, {32, 32},
                                                           {32, 96}, {96, 96}, {96, 256}};
  for (size_t i = 0; i < blocks.size(); ++i) {
    const std::string name = "blocks." + std::to_string(i);
    shapes[name + ".weight"] = {blocks[i].second, blocks[i].first, 3, 3};
    shapes[name + ".bias"] = {blocks[i].second};
  }
  return shapes;
}

}  // namespace

TEST_CASE("A whole model folder has no problem, and parts it does without are notes", "[models]") {
  const ModelOfFiles model;
  const ModelReport report = model.Check();
  INFO(ToText(report));
  CHECK(report.problems() == 0);
  CHECK(report.name == "tiny");
  CHECK(report.components.size() == 6);
  CHECK(report.files.size() == 8);
  for (const ComponentReport& component : report.components) {
    INFO(component.name);
    CHECK(component.tensors > 0);
    CHECK(component.bytes >= static_cast<uint64_t>(component.parameters) * 4);
  }
  NoteOf(report, "NO_POSE_NETWORK");
  NoteOf(report, "NO_FACE_NETWORK");
  CHECK(report.notes() == 2);
  CHECK_THAT(ToText(report), Catch::EndsWith("0 problems, 2 notes\n"));
}

TEST_CASE("The default model is whole, and without anything to be said of it", "[models]") {
  const auto report =
      CheckModel({.folder = fs::path(ATELIER_SOURCE_DIR) / "models/atelier-mini", .layouts = {}});
  REQUIRE(report.has_value());
  INFO(ToText(*report));
  CHECK(report->problems() == 0);
  CHECK(report->notes() == 0);
  CHECK(report->components.size() == 9);
}

TEST_CASE("Files that cannot be weights are told by component, file and reason", "[models]") {
  const ModelOfFiles model;
  const fs::path guider = model.files() / kPoseGuiderFile, vae = model.files() / kVaeFile;
  std::string component = "pose_guider", file = kPoseGuiderFile, reason;
  const auto expect = [&] {
    const Finding problem = OnlyProblem(model.Check());
    CHECK(problem.component == component);
    CHECK(problem.file == file);
    CHECK(problem.reason == reason);
    CHECK_THAT(problem.text, !Catch::Contains(model.files().string()));
  };
  SECTION("missing") {
    fs::remove(guider);
    reason = "FILE_MISSING";
    expect();
  }
  SECTION("empty") {
    Overwrite(guider, "");
    reason = "FILE_EMPTY";
    expect();
  }
  SECTION("a Git LFS pointer") {
    Overwrite(guider, "version https://git-lfs.github.com/spec/v1\noid sha256:0\n");
    reason = "GIT_LFS_POINTER";
    expect();
  }
  SECTION("a web page") {
    Overwrite(guider, "<!DOCTYPE html><html><title>Google Drive - Virus scan warning</title>");
    reason = "HTML_PAGE";
    expect();
  }
  SECTION("a pickled file cut short") {
    fs::resize_file(guider, fs::file_size(guider) - 100);
    reason = "FILE_DAMAGED";
    expect();
  }
  SECTION("a safetensors file cut short") {
    fs::resize_file(vae, fs::file_size(vae) - 100);
    component = "vae";
    file = kVaeFile;
    reason = "FILE_DAMAGED";
    expect();
  }
}

TEST_CASE("A key that is missing, renamed or of another shape is told with both shapes",
          "[models]") {
  const ModelOfFiles model;
  Shapes shapes = PoseGuider();
  SECTION("as it should be") {
    WriteSparseTorchFile(model.files() / kPoseGuiderFile, shapes);
    CHECK(model.Check().problems() == 0);
  }
  SECTION("missing") {
    shapes.erase("conv_in.bias");
    WriteSparseTorchFile(model.files() / kPoseGuiderFile, shapes);
    const Finding problem = OnlyProblem(model.Check());
    CHECK(problem.reason == "KEY_MISSING");
    CHECK(problem.key == "conv_in.bias");
    CHECK(problem.file == kPoseGuiderFile);
    CHECK(problem.expected == std::vector<int64_t>{16});
    CHECK(problem.text == "`conv_in.bias` [16] is missing");
  }
  SECTION("of another shape") {
    shapes["conv_in.weight"] = {16, 4, 3, 3};
    WriteSparseTorchFile(model.files() / kPoseGuiderFile, shapes);
    const Finding problem = OnlyProblem(model.Check());
    CHECK(problem.reason == "SHAPE");
    CHECK(problem.component == "pose_guider");
    CHECK(problem.file == kPoseGuiderFile);
    CHECK(problem.key == "conv_in.weight");
    CHECK(problem.expected == std::vector<int64_t>{16, 3, 3, 3});
    CHECK(problem.found == std::vector<int64_t>{16, 4, 3, 3});
    CHECK(problem.text == "`conv_in.weight` must be [16, 3, 3, 3]. Given: [16, 4, 3, 3]");
  }
  SECTION("renamed") {
    shapes.erase("conv_in.bias");
    shapes["conv_in.offset"] = {16};
    WriteSparseTorchFile(model.files() / kPoseGuiderFile, shapes);
    const ModelReport report = model.Check();
    REQUIRE(report.problems() == 2);
    CHECK(ProblemsOf(report)[0].reason == "KEY_MISSING");
    CHECK(ProblemsOf(report)[1].reason == "KEY_UNKNOWN");
    CHECK(ProblemsOf(report)[1].text == "`conv_in.offset` [16] is no key of this network");
  }
}

TEST_CASE("Twenty keys of a component are listed, and the rest is counted", "[models]") {
  const ModelOfFiles model;
  Shapes shapes = PoseGuider();
  for (int i = 0; i < 45; ++i) shapes["stranger" + std::to_string(100 + i)] = {1};
  WriteSparseTorchFile(model.files() / kPoseGuiderFile, shapes);
  const ModelReport report = model.Check();
  CHECK(report.problems() == 45);
  CHECK(ProblemsOf(report).size() == 20);
  CHECK_THAT(ToText(report), Catch::Contains("pose_guider: 25 more keys do not fit"));
}

TEST_CASE("One reason that explains every key stands in place of a list", "[models]") {
  const ModelOfFiles model;
  SECTION("keys of a wrapped network") {
    Shapes wrapped;
    for (const auto& [key, shape] : PoseGuider()) wrapped["module." + key] = shape;
    WriteSparseTorchFile(model.files() / kPoseGuiderFile, wrapped);
    const ModelReport report = model.Check();
    INFO(ToText(report));
    CHECK(report.problems() == 0);
    CHECK(NoteOf(report, "KEY_PREFIX").file == kPoseGuiderFile);
  }
  SECTION("a file in shards, of which the index alone has its name") {
    const Shapes all = PoseGuider();
    Shapes first, second;
    std::string map;
    for (const auto& [key, shape] : all) {
      Shapes& half = first.size() < all.size() / 2 ? first : second;
      half[key] = shape;
      map += (map.empty() ? "\"" : ", \"") + key + "\": \"" +
             (&half == &first ? "one.pth\"" : "two.pth\"");
    }
    const fs::path guider = model.files() / kPoseGuiderFile, beside = guider.parent_path();
    WriteSparseTorchFile(beside / "one.pth", first);
    WriteSparseTorchFile(beside / "two.pth", second);
    fs::remove(guider);
    Overwrite(guider.string() + ".index.json", "{\"weight_map\": {" + map + "}}");
    const ModelReport report = model.Check();
    INFO(ToText(report));
    CHECK(report.problems() == 0);
    const auto has = [&](const fs::path& file) {
      const std::string name = file.lexically_relative(model.files()).string();
      return std::ranges::any_of(report.files, [&](const auto& f) { return f.found == name; });
    };
    CHECK(has(guider.string() + ".index.json"));
    CHECK(has(beside / "one.pth"));
    CHECK(has(beside / "two.pth"));
    CHECK_FALSE(has(guider));
    fs::remove(beside / "two.pth");
    const Finding problem = OnlyProblem(model.Check());
    CHECK(problem.reason == "FILE_MISSING");
    CHECK_THAT(problem.text, Catch::Contains("two.pth, one of its 2 files, is not there"));
  }
  SECTION("an averaged copy beside the weights") {
    Shapes both;
    for (const auto& [key, shape] : PoseGuider()) {
      both["model." + key] = both["model_ema." + key] = shape;
    }
    WriteSparseTorchFile(model.files() / kPoseGuiderFile, both);
    const Finding problem = OnlyProblem(model.Check());
    CHECK(problem.reason == "SEVERAL_COPIES");
    CHECK_THAT(problem.text, Catch::Contains("under `model.`, under `model_ema.`"));
  }
  SECTION("two files swapped") {
    fs::rename(model.files() / kDenoisingFile, model.files() / "x");
    fs::rename(model.files() / kReferenceFile, model.files() / kDenoisingFile);
    fs::rename(model.files() / "x", model.files() / kReferenceFile);
    const ModelReport report = model.Check();
    INFO(ToText(report));
    REQUIRE(report.problems() == 2);
    CHECK(ProblemsOf(report)[0].reason == "OTHER_NETWORK");
    CHECK(ProblemsOf(report)[0].text ==
          "holds the weights of denoising_unet, not of reference_unet");
    CHECK(ProblemsOf(report)[1].text ==
          "holds the weights of reference_unet, not of denoising_unet");
  }
}

TEST_CASE("Several weight files of one component are taken together, the later over the earlier",
          "[models]") {
  const ModelOfFiles model;
  Shapes first = PoseGuider(), second;
  second["conv_in.bias"] = first["conv_in.bias"];
  first["conv_in.bias"] = {99};
  WriteSparseTorchFile(model.files() / kPoseGuiderFile, first);
  WriteSparseSafetensors(model.files() / "more.safetensors", second);
  nlohmann::json json = model.model();
  json["components"]["pose_guider"]["weights"] = {kPoseGuiderFile, "more.safetensors"};
  PublishedTinyModel::WriteModelJson(model.files(), json);
  CHECK(model.Check().problems() == 0);

  // What the file that is not there would have is not said to be missing.
  fs::remove(model.files() / "more.safetensors");
  first.erase("conv_out.bias");
  WriteSparseTorchFile(model.files() / kPoseGuiderFile, first);
  const ModelReport report = model.Check();
  INFO(ToText(report));
  REQUIRE(report.problems() == 2);
  CHECK(ProblemsOf(report)[0].file == "more.safetensors");
  CHECK(ProblemsOf(report)[1].key == "conv_in.bias");
}

TEST_CASE("What model.json says wrongly is a problem, alone and of components together",
          "[models]") {
  const ModelOfFiles model;
  nlohmann::json json = model.model();
  std::string text;
  SECTION("no JSON") {
    Overwrite(model.files() / "model.json", "{");
    CHECK(OnlyProblem(model.Check()).reason == "BAD_MODEL_JSON");
    return;
  }
  SECTION("a component that is not described") {
    json["components"].erase("vae");
    text = "components.vae";
  }
  SECTION("a size that no network has") {
    json["components"]["pose_guider"]["config"]["conditioning_channels"] = 0;
    text = "conditioning_channels";
  }
  SECTION("sizes that do not fit each other") {
    json["components"]["image_encoder"]["config"]["projection_dim"] = 40;
    text = "projection_dim";
  }
  SECTION("no SMPL layout") {
    json["conditioning"].erase("smpl_layout");
    text = "conditioning.smpl_layout";
  }
  PublishedTinyModel::WriteModelJson(model.files(), json);
  const ModelReport report = model.Check();
  INFO(ToText(report));
  bool found = false;
  for (const Finding& finding : ProblemsOf(report)) {
    found =
        found || (finding.reason == "BAD_CONFIG" && finding.text.find(text) != std::string::npos);
  }
  CHECK(found);
}

TEST_CASE("The pictures of the texture layout must be what the region service reads", "[models]") {
  const ModelOfFiles model;
  const fs::path smpl = model.files() / "smpl_layout.png";
  const fs::path charts = model.files() / "texture_bg_200.png";
  SECTION("a layout of another size") {
    WritePng(smpl, Image(256, 256, 3));
    const Finding problem = OnlyProblem(model.Check());
    CHECK(problem.reason == "BAD_PICTURE");
    CHECK(problem.file == "smpl_layout.png");
    CHECK_THAT(problem.text, Catch::Contains("512 x 512"));
  }
  SECTION("a layout with a 25th part") {
    Image image(512, 512, 3);
    image.data[0] = 25;
    WritePng(smpl, image);
    CHECK_THAT(OnlyProblem(model.Check()).text, Catch::Contains("parts 0..24"));
  }
  SECTION("charts of another size") {
    WritePng(charts, Image(800, 1200, 1));
    const Finding problem = OnlyProblem(model.Check());
    CHECK(problem.file == "texture_bg_200.png");
    CHECK_THAT(problem.text, Catch::Contains("800 x 1200"));
  }
  SECTION("charts that are no picture, and a layout that is not there") {
    Overwrite(charts, "<html>");
    fs::remove(smpl);
    const ModelReport report = model.Check();
    REQUIRE(report.problems() == 2);
    CHECK(ProblemsOf(report)[0].reason == "FILE_MISSING");
    CHECK(ProblemsOf(report)[1].reason == "HTML_PAGE");
  }
  SECTION("no charts wanted") {
    nlohmann::json json = model.model();
    json["conditioning"].erase("texture_charts");
    PublishedTinyModel::WriteModelJson(model.files(), json);
    fs::remove(charts);
    const ModelReport report = model.Check();
    CHECK(report.problems() == 0);
    NoteOf(report, "NO_TEXTURE_CHARTS");
  }
}

TEST_CASE("Published files without a model.json are compared with the published layout",
          "[models]") {
  const PublishedTinyModel model;
  const auto check = [&] {
    auto report = CheckModel({.folder = model.files(), .layouts = {model.layout()}});
    REQUIRE(report.has_value());
    return *report;
  };
  CHECK(check().problems() == 0);

  SECTION("the authors' other names are taken") {
    fs::rename(model.files() / kResamplerFile, model.files() / "checkpoints/image_projector.pth");
    fs::create_directory(model.files() / "preprocess_data");
    fs::rename(model.files() / "texture_bg_200.png",
               model.files() / "preprocess_data/texture_bg_200.png");
    const ModelReport report = check();
    INFO(ToText(report));
    CHECK(report.problems() == 0);
    CHECK_THAT(NoteOf(report, "OTHER_NAME").text, Catch::Contains(" is taken for "));
    int renamed = 0;
    for (const FoundFile& file : report.files) renamed += file.name != file.found ? 1 : 0;
    CHECK(renamed == 2);
  }
  SECTION("a missing file is said to be published where it is, under its name there") {
    fs::remove(model.files() / kResamplerFile);
    const Finding problem = OnlyProblem(check());
    CHECK(problem.component == "face_resampler");
    CHECK_THAT(problem.text, Catch::Contains("published as image_projector.pth"));
    CHECK_THAT(problem.text, Catch::Contains("https://"));
  }
  SECTION("a missing file that is made tells the command") {
    fs::remove(model.files() / "smpl_layout.png");
    CHECK_THAT(OnlyProblem(check()).text, Catch::Contains("tools/smpl_layout.py"));
  }
  SECTION("a model.json of its own is meant as it stands") {
    fs::rename(model.files() / kResamplerFile, model.files() / "checkpoints/image_projector.pth");
    PublishedTinyModel::WriteModelJson(model.files(), model.model());
    const Finding problem = OnlyProblem(check());
    CHECK(problem.file == kResamplerFile);
    CHECK_THAT(problem.text, Catch::Contains("published as"));
  }
}

TEST_CASE("Every file of the published layout has an origin, and no other file has one",
          "[models]") {
  const fs::path layout = fs::path(ATELIER_SOURCE_DIR) / "models/mcld";
  const TempDir empty;
  const auto report = CheckModel({.folder = empty.path(), .layouts = {layout}});
  REQUIRE(report.has_value());
  CHECK(report->problems() == 8);
  for (const Finding& problem : ProblemsOf(*report)) {
    INFO(problem.file);
    CHECK(problem.reason == "FILE_MISSING");
    const bool has_origin = problem.text.find("published as") != std::string::npos ||
                            problem.text.find("make it:") != std::string::npos;
    CHECK(has_origin);
  }
  const auto published = nlohmann::json::parse(ReadAll(layout / "published.json"));
  CHECK(published.size() == report->files.size());
}

TEST_CASE("A folder that cannot be looked at is an error, not a report", "[models]") {
  const PublishedTinyModel model;
  const auto reason = [](const CheckOptions& options) {
    const auto report = CheckModel(options);
    return report ? "" : report.error().reason;
  };
  CHECK(reason({.folder = model.dir() / "none", .layouts = {}}) == "NO_SUCH_FOLDER");
  CHECK(reason({.folder = model.files(), .layouts = {}}) == "NO_MODEL_JSON");
  CHECK(reason({.folder = model.files(), .layouts = {model.dir()}}) == "NO_SUCH_FOLDER");
  Overwrite(model.layout() / "published.json", R"({"a.pth": {"also": [1]}})");
  CHECK(reason({.folder = model.files(), .layouts = {model.layout()}}) == "INVALID_FIELD");
}

TEST_CASE("The report as JSON says what the text says, whatever a key is called", "[models]") {
  const ModelOfFiles model;
  Shapes shapes = PoseGuider();
  shapes["odd \"key\""] = {2, 3};
  WriteSparseTorchFile(model.files() / kPoseGuiderFile, shapes);
  const auto json = nlohmann::json::parse(ToJson(model.Check()), nullptr, false);
  REQUIRE(json.is_object());
  CHECK(json["good"] == false);
  CHECK(json["problems"] == 1);
  CHECK(json["name"] == "tiny");
  CHECK(json["components"].size() == 6);
  CHECK(json["files"].size() == 8);
  const auto& finding = json["findings"][0];
  CHECK(finding["severity"] == "problem");
  CHECK(finding["reason"] == "KEY_UNKNOWN");
  CHECK(finding["key"] == "odd \"key\"");
  CHECK(finding["found"] == std::vector<int64_t>{2, 3});
}

}  // namespace atelier::models
