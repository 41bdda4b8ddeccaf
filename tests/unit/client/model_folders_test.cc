// Model folders as `atelier models` and `atelier doctor` see them, through the real
// atelier-model-check.
#include <sys/stat.h>

#include <array>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>

#include "client/cli/exit_code.h"
#include "client/local_file.h"
#include "client/models/add_model.h"
#include "client/models/model_check.h"
#include "client/models/shipped_models.h"
#include "support/published_tiny_model.h"

namespace atelier::client {
namespace {

namespace fs = std::filesystem;
using testing::PublishedTinyModel;

const fs::path kBin = ATELIER_BINARY_DIR;

ModelCheckOptions Source(const PublishedTinyModel& model) {
  return {.bin_dir = kBin, .folder = model.files(), .layouts = {model.layout()}};
}

AddModelOptions AddAs(const std::string& name, const PublishedTinyModel& model) {
  return {.name = name,
          .models_dir = model.dir() / "models",
          .transfer = Transfer::kLinkOrCopy,
          .source = Source(model)};
}

/// Whether two paths lead to the same bytes on the disk.
bool AreLinked(const fs::path& a, const fs::path& b) {
  struct stat first = {}, second = {};
  REQUIRE(::stat(a.c_str(), &first) == 0);
  REQUIRE(::stat(b.c_str(), &second) == 0);
  return first.st_ino == second.st_ino && first.st_dev == second.st_dev;
}

/// Everything in a folder, hidden things too; none when it is not there.
std::vector<std::string> NamesIn(const fs::path& folder) {
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    names.push_back(entry.path().filename().string());
  }
  return names;
}

nlohmann::json ReadJson(const fs::path& path) {
  std::ifstream file(path);
  return nlohmann::json::parse(file, nullptr, false);
}

struct Outcome {
  int code = 0;
  std::string out;
};

/// The real `atelier` with these arguments; stderr is thrown away.
Outcome Atelier(const std::string& arguments) {
  const std::string command = (kBin / "atelier").string() + " " + arguments + " 2>/dev/null";
  std::FILE* pipe = ::popen(command.c_str(), "r");
  REQUIRE(pipe != nullptr);
  Outcome outcome;
  std::array<char, 4096> buffer;
  for (size_t n; (n = std::fread(buffer.data(), 1, buffer.size(), pipe)) > 0;) {
    outcome.out.append(buffer.data(), n);
  }
  outcome.code = WEXITSTATUS(::pclose(pipe));
  return outcome;
}

/// A folder with an atelier-model-check that is this shell script.
fs::path FakeProgram(const fs::path& dir, const std::string& script) {
  const fs::path program = dir / "atelier-model-check";
  std::ofstream(program) << "#!/bin/sh\n" << script << "\n";
  fs::permissions(program, fs::perms::owner_all);
  return dir;
}

}  // namespace

TEST_CASE("A checked folder's report tells whether it is good, its files and its problems",
          "[models]") {
  const PublishedTinyModel model;
  const auto good = CheckModelFolder(Source(model));
  REQUIRE(good.has_value());
  CHECK(good->good);
  CHECK(good->name == "tiny");
  CHECK(good->files.size() == 8);
  CHECK(good->component_count == 6);
  CHECK(good->problems.empty());
  CHECK(DescribeModelFolder(Source(model))->good);

  fs::remove(model.files() / testing::kVaeFile);
  const auto bad = CheckModelFolder(Source(model));
  REQUIRE(bad.has_value());
  CHECK_FALSE(bad->good);
  REQUIRE(bad->problems.size() == 1);
  CHECK(bad->problem_count == 1);
  CHECK_THAT(bad->problems.front(),
             Catch::StartsWith(std::string("vae: ") + testing::kVaeFile + ": is not there"));
  CHECK_THAT(DescribeModelFolder(Source(model))->text, Catch::Contains("1 problems"));
}

TEST_CASE("A check that cannot be made says why, and is an error of this machine", "[models]") {
  const PublishedTinyModel model;
  ModelCheckOptions options = Source(model);
  std::string why;
  const auto expect = [&] {
    const auto check = CheckModelFolder(options);
    REQUIRE_FALSE(check.has_value());
    CHECK(check.error().reason == kLocalFileReason);
    CHECK_THAT(check.error().message, Catch::Contains(why));
  };
  SECTION("no folder") {
    options.folder = model.dir() / "none";
    why = "there is no such folder";
    expect();
  }
  SECTION("no program") {
    options.bin_dir = model.dir();
    why = "atelier-model-check: No such file";
    expect();
  }
  SECTION("nothing to compare with") {
    options.layouts.clear();
    why = "no model.json";
    expect();
  }
  SECTION("a program that dies") {
    options.bin_dir = FakeProgram(model.dir(), "kill -11 $$");
    why = "was killed by signal 11";
    expect();
  }
  SECTION("a program of another version") {
    options.bin_dir = FakeProgram(model.dir(), "echo '{\"good\": \"yes\"}'");
    why = "printed no report";
    expect();
  }
}

TEST_CASE("Published files become a model folder of links under the names that model.json gives",
          "[models]") {
  const PublishedTinyModel model;
  fs::rename(model.files() / testing::kResamplerFile,
             model.files() / "checkpoints/image_projector.pth");
  const auto added = AddModel(AddAs("mine", model));
  REQUIRE(added.has_value());
  CHECK(added->folder == model.dir() / "models/mine");
  CHECK(added->linked == 8);
  CHECK(added->copied == 0);
  CHECK(NamesIn(model.dir() / "models") == std::vector<std::string>{"mine"});
  CHECK(AreLinked(added->folder / testing::kResamplerFile,
                  model.files() / "checkpoints/image_projector.pth"));
  const auto json = ReadJson(added->folder / "model.json");
  CHECK(json["name"] == "mine");
  CHECK(json["components"]["face_resampler"]["weights"] == testing::kResamplerFile);
  const auto again = CheckModelFolder({.bin_dir = kBin, .folder = added->folder, .layouts = {}});
  REQUIRE(again.has_value());
  CHECK(again->good);
}

TEST_CASE("Weights of another format keep their ending, and model.json says so", "[models]") {
  const PublishedTinyModel model;
  // A published folder may have the VAE as .bin alone.
  nlohmann::json layout = model.model();
  const std::string bin = "checkpoints/pose_guider.bin";
  fs::rename(model.files() / testing::kPoseGuiderFile, model.files() / bin);
  auto published = ReadJson(model.layout() / "published.json");
  published[testing::kPoseGuiderFile]["also"] = {bin};
  std::ofstream(model.layout() / "published.json") << published;
  const auto added = AddModel(AddAs("mine", model));
  REQUIRE(added.has_value());
  CHECK(fs::exists(added->folder / bin));
  const auto json = ReadJson(added->folder / "model.json");
  CHECK(json["components"]["pose_guider"]["weights"] == bin);
  CHECK(json["components"]["vae"] == layout["components"]["vae"]);
}

TEST_CASE("A model folder is added under a new name with its files of sizes, by copies if asked",
          "[models]") {
  const PublishedTinyModel model;
  nlohmann::json json = model.model();
  std::ofstream(model.files() / "vae.json") << json["components"]["vae"]["config"];
  json["components"]["vae"]["config"] = "vae.json";
  PublishedTinyModel::WriteModelJson(model.files(), json);
  // Weights behind links, as download caches lay them out.
  fs::rename(model.files() / testing::kVaeFile, model.dir() / "blob");
  fs::create_symlink(model.dir() / "blob", model.files() / testing::kVaeFile);
  AddModelOptions options = AddAs("copy", model);
  options.transfer = Transfer::kCopy;
  const auto added = AddModel(options);
  REQUIRE(added.has_value());
  CHECK(added->linked == 0);
  CHECK(added->copied == 9);
  CHECK_FALSE(fs::is_symlink(added->folder / testing::kVaeFile));
  CHECK_FALSE(AreLinked(added->folder / testing::kVaeFile, model.dir() / "blob"));
  CHECK(fs::exists(added->folder / "vae.json"));
}

TEST_CASE("What cannot be added leaves nothing behind, and nothing is overwritten", "[models]") {
  const PublishedTinyModel model;
  AddModelOptions options = AddAs("mine", model);
  std::string reason{kLocalFileReason}, why;
  std::vector<std::string> left;
  int pieces = 0;
  const auto expect = [&] {
    const auto added = AddModel(options);
    REQUIRE_FALSE(added.has_value());
    CHECK(added.error().reason == reason);
    CHECK_THAT(added.error().message, Catch::Contains(why));
    CHECK(NamesIn(options.models_dir) == left);
  };
  SECTION("a source that is not whole") {
    fs::remove(model.files() / testing::kVaeFile);
    reason = kModelNotWhole;
    why = "is not a whole model: 1 problem, first: vae: ";
    expect();
  }
  SECTION("a folder that is there") {
    fs::create_directories(options.models_dir / "mine");
    left = {"mine"};
    why = "exists already";
    expect();
  }
  SECTION("a dangling link in its place") {
    fs::create_directories(options.models_dir);
    fs::create_symlink("nowhere", options.models_dir / "mine");
    left = {"mine"};
    why = "exists already";
    expect();
  }
  SECTION("a name that is a path") {
    options.name = "../mine";
    reason = "INVALID_FIELD";
    why = "`name` must be";
    expect();
  }
  SECTION("a copy that is interrupted") {
    options.transfer = Transfer::kCopy;
    options.stopped = [&pieces] { return ++pieces > 5; };
    reason = "STOPPED";
    why = "nothing was added";
    expect();
  }
  SECTION("links, when it is interrupted meanwhile") {
    options.transfer = Transfer::kLink;
    options.stopped = [] { return true; };
    reason = "STOPPED";
    why = "nothing was added";
    expect();
  }
  SECTION("a models folder that cannot be made") {
    std::ofstream(model.dir() / "file") << "x";
    options.models_dir = model.dir() / "file/models";
    why = "file/models";
    expect();
  }
}

TEST_CASE("A shipped model is found in the source tree of a build folder and in an installed one",
          "[models]") {
  const testing::TempDir dir;
  const fs::path bin = dir.path() / "build/release/bin";
  fs::create_directories(bin);
  CHECK(FindShippedModel(bin, "some-model").empty());
  const auto make = [](const fs::path& folder) {
    fs::create_directories(folder);
    std::ofstream(folder / "model.json") << "{}";
  };
  make(dir.path() / "build/release/share/atelier/models/some-model");
  CHECK(FindShippedModel(bin, "some-model") ==
        dir.path() / "build/release/share/atelier/models/some-model");
  make(dir.path() / "models/some-model");
  CHECK(FindShippedModel(bin, "some-model") == dir.path() / "models/some-model");
}

TEST_CASE("`atelier models check` and `add` answer by exit code, text and JSON", "[models]") {
  const PublishedTinyModel model;
  const std::string layout = " --layout " + model.layout().string();
  const std::string check = "models check " + model.files().string() + layout;
  CHECK(Atelier(check).code == static_cast<int>(cli::ExitCode::kOk));
  CHECK_THAT(Atelier(check).out, Catch::EndsWith("0 problems, 2 notes\n"));
  CHECK(Atelier("models check " + (model.dir() / "none").string()).code ==
        static_cast<int>(cli::ExitCode::kLocalFile));
  CHECK(Atelier("models check").code == static_cast<int>(cli::ExitCode::kUsage));

  const fs::path models = model.dir() / "models";
  const std::string add = "models add mine --json --from " + model.files().string() + layout +
                          " --models-dir " + models.string();
  const Outcome added = Atelier(add);
  CHECK(added.code == static_cast<int>(cli::ExitCode::kOk));
  const auto shown = nlohmann::json::parse(added.out, nullptr, false);
  REQUIRE(shown.is_object());
  CHECK(shown["next"] == "atelier up --models " + (models / "mine").string());
  CHECK(Atelier(add).code == static_cast<int>(cli::ExitCode::kLocalFile));
  CHECK(Atelier("models add ../x --from " + model.files().string()).code ==
        static_cast<int>(cli::ExitCode::kUsage));

  fs::remove(model.files() / testing::kPoseGuiderFile);
  const Outcome bad = Atelier(check + " --json");
  CHECK(bad.code == static_cast<int>(cli::ExitCode::kProblemsFound));
  const auto report = nlohmann::json::parse(bad.out, nullptr, false);
  REQUIRE(report.is_object());
  CHECK(report["problems"] == 1);
  const Outcome refused = Atelier("models add other --from " + model.files().string() + layout +
                                  " --models-dir " + models.string());
  CHECK(refused.code == static_cast<int>(cli::ExitCode::kProblemsFound));
  CHECK_FALSE(fs::exists(models / "other"));
}

}  // namespace atelier::client
