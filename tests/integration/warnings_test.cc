// Warnings and `strict` through every process.
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "base/ids.h"
#include "integration/studio.h"
#include "integration/test_pictures.h"

namespace atelier::testing {
namespace {

/// The tiny model was made for 2 to 100 steps.
constexpr int kTooManySteps = 101;

v1::JobSpec TooManySteps() {
  v1::JobSpec spec;
  *spec.mutable_synthesis() = PersonSpec(kTooManySteps);
  return spec;
}

v1::JobSpec Strict(v1::JobSpec spec, const std::string& reason) {
  spec.add_strict(reason);
  return spec;
}

/// `atelier` as a user runs it.
std::unique_ptr<Process> RunCli(const Studio& studio, std::vector<std::string> arguments) {
  std::vector<std::string> command = {std::string(ATELIER_BINARY_DIR) + "/atelier"};
  command.insert(command.end(), arguments.begin(), arguments.end());
  command.insert(command.end(), {"--server", studio.server_address()});
  auto process = std::make_unique<Process>(command, studio.dir() / ("cli-" + NewId()));
  REQUIRE(process->Wait(std::chrono::seconds(60)).has_value());
  return process;
}

void WriteFile(const std::filesystem::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

}  // namespace

TEST_CASE("A warning comes with the picture, and a strict caller is refused before queuing",
          "[integration]") {
  Studio studio;
  studio.StartAll();
  const auto done = studio.client().Synthesize(TooManySteps());
  INFO((done ? "" : done.error().message));
  REQUIRE(done.has_value());
  CHECK(done->pngs.size() == 1);
  REQUIRE(done->job.warnings_size() == 1);
  CHECK(done->job.warnings(0).reason() == "STEPS_OUT_OF_RANGE");
  CHECK(done->job.warnings(0).value() == kTooManySteps);
  CHECK(done->job.warnings(0).limit() == 100);
  const std::string counted = "atelier_job_warnings_total{reason=\"STEPS_OUT_OF_RANGE\"}";
  CHECK(MetricValue(studio.ServerMetrics(), counted) == 1);

  for (const char* reason : {"STEPS_OUT_OF_RANGE", "ALL"}) {
    const auto refused = studio.client().Submit(Strict(TooManySteps(), reason));
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().code == Code::kFailedPrecondition);
    CHECK(refused.error().reason == "STEPS_OUT_OF_RANGE");
    CHECK(refused.error().field == "spec.synthesis.steps");
  }
  CHECK(studio.client().List()->jobs_size() == 1);
  const auto nonsense = studio.client().Submit(Strict(TooManySteps(), "BAD_WEATHER"));
  REQUIRE_FALSE(nonsense.has_value());
  CHECK(nonsense.error().field == "spec.strict");
}

TEST_CASE("A strict job queued before its model was known fails at its worker, once",
          "[integration]") {
  Studio studio;
  studio.StartPose();
  studio.StartRegion();
  studio.StartServer();
  // No worker ever told of the model: the server cannot say whether it suits.
  const auto strict = studio.client().Submit(Strict(TooManySteps(), "ALL"), "strict-id");
  REQUIRE(strict.has_value());
  CHECK(strict->warnings().empty());
  const auto easy = studio.client().Submit(TooManySteps());
  REQUIRE(easy.has_value());
  studio.StartGeneration();
  const auto failed = studio.client().Watch(strict->name());
  REQUIRE(failed.has_value());
  CHECK(failed->state() == v1::JOB_STATE_FAILED);
  CHECK(failed->error_reason() == "STEPS_OUT_OF_RANGE");
  CHECK(failed->error_message().find("(101, limit 100)") != std::string::npos);
  CHECK(failed->attempt() == 1);
  CHECK(failed->progress().step() == 0);
  REQUIRE(failed->warnings_size() == 1);
  CHECK(failed->warnings(0).value() == kTooManySteps);

  const auto painted = studio.client().Watch(easy->name());
  REQUIRE(painted.has_value());
  CHECK(painted->state() == v1::JOB_STATE_SUCCEEDED);
  REQUIRE(painted->warnings_size() == 1);
  CHECK(painted->warnings(0).reason() == "STEPS_OUT_OF_RANGE");

  // The same request again is the job that failed, though the server would refuse a new one now.
  const auto again = studio.client().Submit(Strict(TooManySteps(), "ALL"), "strict-id");
  REQUIRE(again.has_value());
  CHECK(again->name() == strict->name());
  CHECK(again->state() == v1::JOB_STATE_FAILED);
  CHECK(again->warnings_size() == 1);
}

TEST_CASE("Pose and region calls come to their service with `strict`", "[integration]") {
  Studio& studio = SharedStudio();
  v1::EstimatePoseRequest pose;
  pose.mutable_picture()->set_data(PersonPng());
  pose.add_strict("BAD_WEATHER");
  const auto pose_answer = studio.client().EstimatePose(pose);
  REQUIRE_FALSE(pose_answer.has_value());
  CHECK(pose_answer.error().field == "strict");
  v1::ExtractRegionsRequest regions;
  regions.mutable_picture()->set_data(PersonPng());
  regions.set_iuv_png(PersonIuvPng());
  regions.add_strict("BAD_WEATHER");
  const auto regions_answer = studio.client().ExtractRegions(regions);
  REQUIRE_FALSE(regions_answer.has_value());
  CHECK(regions_answer.error().field == "strict");
}

TEST_CASE("The command line shows a warning on stderr with its numbers, in JSON, and fails for it",
          "[integration]") {
  Studio& studio = SharedStudio();
  const std::string person = (studio.dir() / "person.png").string();
  const std::string pose = (studio.dir() / "pose.png").string();
  WriteFile(person, PersonPng());
  WriteFile(pose, PersonIuvPng());
  const std::string line = "warning: STEPS_OUT_OF_RANGE (steps): ";
  const std::vector<std::string> paint = {
      "synthesize", person, "--pose-iuv", pose,
      "--steps",    "101",  "-o",         (studio.dir() / "out.png").string()};

  const auto painted = RunCli(studio, paint);
  CHECK(painted->Wait() == 0);
  CHECK(painted->Stderr().find(line) != std::string::npos);
  CHECK(painted->Stderr().find("(101, limit 100)") != std::string::npos);

  std::vector<std::string> json = paint;
  json.back() = (studio.dir() / "json.png").string();
  json.push_back("--json");
  const auto as_json = RunCli(studio, json);
  CHECK(as_json->Stdout().find("\"reason\": \"STEPS_OUT_OF_RANGE\"") != std::string::npos);
  CHECK(as_json->Stderr().empty());

  std::vector<std::string> strict = paint;
  strict.back() = (studio.dir() / "strict.png").string();
  strict.insert(strict.begin() + 1, {"--strict", "SEVERAL_PEOPLE", "--strict", "ALL"});
  const auto refused = RunCli(studio, strict);
  CHECK(refused->Wait() == 2);
  CHECK(refused->Stderr().find("FAILED_PRECONDITION, STEPS_OUT_OF_RANGE") != std::string::npos);
  CHECK_FALSE(std::filesystem::exists(studio.dir() / "strict.png"));

  const std::string job = studio.client().List()->jobs(0).name();
  const auto looked_at = RunCli(studio, {"jobs", "get", job});
  CHECK(looked_at->Stderr().find(line) != std::string::npos);
  const auto models = RunCli(studio, {"models"});
  CHECK(models->Stdout().find("4 steps (made for 2 to 100)") != std::string::npos);
}

}  // namespace atelier::testing
