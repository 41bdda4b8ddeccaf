// The worker processes and what is around them: probes and stops while they load, services that are
// away, readers of logs that go away.
#include <grpc/health/v1/health.grpc.pb.h>
#include <grpcpp/grpcpp.h>
#include <signal.h>
#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <fstream>
#include <nlohmann/json.hpp>

#include "client/supervisor/studio_plan.h"
#include "integration/studio.h"
#include "integration/test_pictures.h"
#include "integration/whole_studio.h"
#include "support/eventually.h"

namespace atelier::testing {
namespace {

namespace fs = std::filesystem;
using Health = grpc::health::v1::HealthCheckResponse;

std::string Program(const std::string& name) {
  return std::string(ATELIER_BINARY_DIR) + "/" + name;
}

Health::ServingStatus HealthOf(const std::string& address, const std::string& service) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(5));
  grpc::health::v1::HealthCheckRequest request;
  request.set_service(service);
  Health response;
  const auto channel = grpc::CreateChannel(address, grpc::InsecureChannelCredentials());
  const grpc::Status status =
      grpc::health::v1::Health::NewStub(channel)->Check(&context, request, &response);
  return status.ok() ? response.status() : Health::UNKNOWN;
}

/// A model whose pose network takes for ever to load: nobody writes into the pipe that its weights
/// are.
void MakeEndlessModel(const fs::path& folder) {
  fs::create_directories(folder);
  std::ifstream file(TinyModel() / "model.json");
  const auto model = nlohmann::json::parse(file);
  std::string weights = model.at("components").at("pose_network").at("weights").get<std::string>();
  for (const auto& entry : fs::directory_iterator(TinyModel())) {
    if (entry.path().filename() == weights) continue;
    fs::create_symlink(entry.path(), folder / entry.path().filename());
  }
  REQUIRE(::mkfifo((folder / weights).c_str(), 0600) == 0);
}

/// A pipe by name, of which the test reads as much as it wants to.
class LogReader {
 public:
  explicit LogReader(const fs::path& path) : path_(path) {
    REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  }
  /// Waits for the writer.
  void Open() { file_.open(path_); }
  std::string Line() {
    std::string line;
    std::getline(file_, line);
    return line;
  }
  void GoAway() { file_.close(); }

 private:
  const fs::path path_;
  std::ifstream file_;
};

bool IsGone(int pid) { return ::kill(pid, 0) != 0; }

std::string EnvironmentOf(int pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/environ", std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

}  // namespace

TEST_CASE("A worker that loads for long is alive, not ready, and ends at once when it is told to",
          "[integration]") {
  const TempDir folder;
  MakeEndlessModel(folder.path() / "model");
  const auto ports = supervisor::FreePorts(1);
  REQUIRE(ports);
  const std::string health = "127.0.0.1:" + std::to_string((*ports)[0]);
  Process pose({Program("atelier-pose"), "--model", (folder.path() / "model").string(), "--listen",
                "127.0.0.1:0", "--metrics-listen", "127.0.0.1:0", "--health-listen", health},
               folder.path() / "pose");
  REQUIRE(Eventually([&] { return HealthOf(health, "liveness") == Health::SERVING; }));
  CHECK(HealthOf(health, "") == Health::NOT_SERVING);
  CHECK(pose.Stdout().empty());
  pose.Signal(SIGTERM);
  CHECK(pose.Wait(std::chrono::seconds(5)) == 0);
}

TEST_CASE("Worker processes wait for each other asleep, under their own names", "[integration]") {
  Studio studio;
  studio.StartPose();
  const int pid = studio.pose().pid();
  CHECK(EnvironmentOf(pid).find("OMP_WAIT_POLICY=passive") != std::string::npos);
  std::string name;
  std::ifstream("/proc/" + std::to_string(pid) + "/comm") >> name;
  CHECK(name == "atelier-pose");
}

TEST_CASE("Every program that computes networks waits asleep, whatever it is asked to do",
          "[integration]") {
  const TempDir folder;
  // OpenMP then says at every start what its settings are; without a policy it spins for a while.
  ::setenv("OMP_DISPLAY_ENV", "verbose", 1);
  for (const char* name : {"atelier-pose", "atelier-region", "atelier-generation", "atelier-paint",
                           "atelier-train", "atelier-eval", "atelier-fit"}) {
    INFO(name);
    Process program({Program(name), "--version"}, folder.path() / name);
    CHECK(program.Wait() == 0);
    CHECK_THAT(program.Stderr(), Catch::Contains("GOMP_SPINCOUNT = '0'"));
  }
  ::unsetenv("OMP_DISPLAY_ENV");
}

TEST_CASE("Jobs wait for a pose service that is away, and lose no attempt to it", "[integration]") {
  Studio studio({.max_attempts = 1});
  studio.StartAll();
  studio.pose().Signal(SIGSTOP);
  REQUIRE(Eventually([&] {
    return studio.generation().Stderr().find("takes no jobs: the pose service") !=
           std::string::npos;
  }));
  v1::JobSpec spec;
  *spec.mutable_synthesis() = PersonSpec(2);
  const auto job = studio.client().Submit(spec);
  REQUIRE(job);
  const auto waiting = studio.client().Get(job->name());
  REQUIRE(waiting);
  CHECK(waiting->state() == v1::JOB_STATE_QUEUED);
  studio.pose().Signal(SIGCONT);
  const auto end = studio.client().Watch(job->name());
  REQUIRE(end);
  INFO(end->error_message());
  CHECK(end->state() == v1::JOB_STATE_SUCCEEDED);
  CHECK(end->attempt() == 1);
}

TEST_CASE("A studio whose log nobody reads any more goes on and ends cleanly", "[integration]") {
  const TempDir folder;
  LogReader log(folder.path() / "log");
  const std::string command = Program("atelier") + " up --data " +
                              (folder.path() / "data").string() + " --models " +
                              TinyModel().string() + " --listen 127.0.0.1:0 --threads 1";
  Process up(
      {"/bin/sh", "-c", "exec " + command + " > " + (folder.path() / "log").string() + " 2>&1"},
      folder.path() / "up");
  log.Open();
  std::vector<int> pids;
  for (std::string line = log.Line(); !line.starts_with("ready "); line = log.Line()) {
    REQUIRE_FALSE(line.empty());
    const size_t at = line.find("started, pid ");
    if (at != std::string::npos) pids.push_back(std::stoi(line.substr(at + 13)));
  }
  REQUIRE(pids.size() == 4);
  log.GoAway();
  // What the supervisor says of it goes nowhere.
  REQUIRE(::kill(pids.front(), SIGKILL) == 0);
  REQUIRE(Eventually([&] { return IsGone(pids.front()); }));
  CHECK_FALSE(up.Wait(std::chrono::seconds(2)));
  up.Signal(SIGTERM);
  CHECK(up.Wait(std::chrono::seconds(60)) == 0);
  for (const int pid : pids) CHECK(IsGone(pid));
}

TEST_CASE("A worker whose log nobody reads any more goes on", "[integration]") {
  const TempDir folder;
  LogReader log(folder.path() / "log");
  const auto ports = supervisor::FreePorts(1);
  REQUIRE(ports);
  const std::string address = "127.0.0.1:" + std::to_string((*ports)[0]);
  const std::string command = Program("atelier-region") + " --model " + TinyModel().string() +
                              " --metrics-listen 127.0.0.1:0 --log-level debug --listen " + address;
  Process region(
      {"/bin/sh", "-c", "exec " + command + " > " + (folder.path() / "log").string() + " 2>&1"},
      folder.path() / "region");
  log.Open();
  for (std::string line = log.Line(); !line.starts_with("listening "); line = log.Line()) {
    REQUIRE_FALSE(line.empty());
  }
  log.GoAway();
  // Each is a line of the log.
  for (int i = 0; i < 3; ++i) CHECK(HealthOf(address, "") == Health::SERVING);
  region.Signal(SIGTERM);
  CHECK(region.Wait(std::chrono::seconds(20)) == 0);
}

}  // namespace atelier::testing
