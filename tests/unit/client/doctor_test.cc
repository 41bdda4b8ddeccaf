#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <boost/asio/ip/tcp.hpp>
#include <catch2/catch.hpp>
#include <fstream>
#include <nlohmann/json.hpp>

#include "client/doctor/config_checks.h"
#include "client/doctor/folder_checks.h"
#include "client/doctor/machine_checks.h"
#include "client/doctor/service_checks.h"
#include "client/supervisor/studio_plan.h"
#include "rpc/server.h"
#include "support/published_tiny_model.h"
#include "support/temp_dir.h"

namespace atelier::doctor {
namespace {

namespace fs = std::filesystem;

void Write(const fs::path& path, const std::string& text) {
  fs::create_directories(path.parent_path());
  std::ofstream(path) << text;
}

const fs::path kBin = ATELIER_BINARY_DIR;

/// A whole model folder.
class Model : public testing::PublishedTinyModel {
 public:
  Model() { WriteModelJson(files(), model()); }
};

const char* NoEnvironment(const char* /*name*/) { return nullptr; }

std::unique_ptr<rpc::Server> Serve() {
  auto server = rpc::Server::Start({}, {});
  REQUIRE(server.has_value());
  return std::move(*server);
}

std::string AddressOf(const rpc::Server& server) {
  return "127.0.0.1:" + std::to_string(server.port());
}

}  // namespace

TEST_CASE("A whole model folder is fine, and what is wrong with another is named", "[doctor]") {
  const Model model;
  const Findings well = CheckModel(kBin, model.files());
  REQUIRE(well.size() == 1);
  CHECK(well.front().severity == Severity::kOk);
  CHECK_THAT(well.front().text, Catch::EndsWith("tiny, 6 components fit"));

  SECTION("weights cut to nothing") {
    Write(model.files() / testing::kVaeFile, "");
    const Findings findings = CheckModel(kBin, model.files());
    REQUIRE(findings.size() == 1);
    CHECK(findings.front().severity == Severity::kProblem);
    CHECK_THAT(findings.front().text, Catch::Contains(": is empty; published as"));
  }
  SECTION("weights of another shape") {
    fs::copy_file(model.files() / testing::kReferenceFile, model.files() / testing::kPoseGuiderFile,
                  fs::copy_options::overwrite_existing);
    CHECK_THAT(ToText(CheckModel(kBin, model.files())),
               Catch::Contains("holds the weights of reference_unet"));
  }
  SECTION("more than a screen of problems") {
    fs::remove_all(model.files() / "checkpoints");
    fs::remove_all(model.files() / "pretrained_weights");
    const Findings findings = CheckModel(kBin, model.files());
    CHECK(findings.size() == 4);
    CHECK(CountOf(findings, Severity::kProblem) == 4);
    CHECK_THAT(findings.back().text, Catch::Contains("3 more; `atelier models check` lists them"));
  }
  SECTION("no folder at all") {
    const Findings findings = CheckModel(kBin, model.dir() / "none");
    REQUIRE(findings.size() == 1);
    CHECK(findings.front().severity == Severity::kProblem);
    CHECK_THAT(findings.front().text, Catch::Contains("there is no such folder"));
  }
  SECTION("no program that could look") {
    const Findings findings = CheckModel(model.dir(), model.files());
    REQUIRE(findings.size() == 1);
    CHECK(findings.front().severity == Severity::kWarning);
    CHECK_THAT(findings.front().text,
               Catch::Contains("was not looked at: ") && Catch::Contains("atelier-model-check"));
  }
}

TEST_CASE("A data folder that a server holds is a problem unless that server is the one meant",
          "[doctor]") {
  const testing::TempDir dir;
  CHECK(CheckData(dir.path(), false).severity == Severity::kOk);
  CHECK(CheckData(dir.path() / "not" / "made" / "yet", false).severity == Severity::kOk);

  const int descriptor = ::open((dir.path() / "lock").c_str(), O_RDWR | O_CREAT, 0644);
  REQUIRE(::flock(descriptor, LOCK_EX | LOCK_NB) == 0);
  const Finding held = CheckData(dir.path(), false);
  CHECK(held.severity == Severity::kProblem);
  CHECK_THAT(held.text, Catch::Contains("another atelier-server"));
  CHECK(CheckData(dir.path(), true).severity == Severity::kOk);
  ::close(descriptor);
  CHECK(CheckData(dir.path(), false).severity == Severity::kOk);
}

TEST_CASE("A data folder that is a file, or would lie in one, cannot be", "[doctor]") {
  const testing::TempDir dir;
  Write(dir.path() / "file", "x");
  CHECK(CheckData(dir.path() / "file", false).severity == Severity::kProblem);
  CHECK(CheckData(dir.path() / "file" / "data", false).severity == Severity::kProblem);
}

TEST_CASE("A full disk is a problem, a nearly full one a warning", "[doctor]") {
  CHECK(JudgeDiskSpace(1 << 20, "/d").severity == Severity::kProblem);
  CHECK(JudgeDiskSpace(1ull << 30, "/d").severity == Severity::kWarning);
  CHECK(JudgeDiskSpace(1ull << 40, "/d").severity == Severity::kOk);
}

TEST_CASE("What a control group leaves counts, however much the machine has", "[doctor]") {
  const std::string meminfo = "MemAvailable: 64000000 kB\n";
  CgroupLimits limits;
  limits.memory_bytes = uint64_t{2} << 30;
  limits.memory_left_bytes = uint64_t{1} << 30;
  const Finding little = JudgeMemory(meminfo, limits);
  CHECK(little.severity == Severity::kWarning);
  CHECK(
      little.text.find("1024 MiB of memory available under the limit of the control group, 2048") !=
      std::string::npos);
  limits.memory_left_bytes = uint64_t{90} << 30;
  CHECK(JudgeMemory(meminfo, limits).text == JudgeMemory(meminfo).text);

  const testing::TempDir kernel;
  Write(kernel.path() / "membership", "0::/\n");
  Write(kernel.path() / "cpu.max", "100000 100000\n");
  const Finding processor = CheckProcessor({kernel.path() / "membership", kernel.path()});
  CHECK(processor.text.starts_with("1 "));
}

TEST_CASE("Little memory is a warning, and so is a kernel that does not tell", "[doctor]") {
  CHECK(JudgeMemory("MemTotal: 9 kB\nMemAvailable:    8000000 kB\n").severity == Severity::kOk);
  CHECK(JudgeMemory("MemAvailable: 1000 kB\n").severity == Severity::kWarning);
  CHECK(JudgeMemory("").severity == Severity::kWarning);
  CHECK(CheckMemory().text != JudgeMemory("").text);
}

TEST_CASE("A port that somebody listens on is named, a free one is not", "[doctor]") {
  const auto ports = supervisor::FreePorts(1);
  REQUIRE(ports.has_value());
  const std::string address = "127.0.0.1:" + std::to_string(ports->front());
  CHECK(CheckPorts(address, 1).front().severity == Severity::kOk);

  boost::asio::io_context io;
  using boost::asio::ip::tcp;
  tcp::acceptor acceptor(io, tcp::endpoint(tcp::v4(), static_cast<unsigned short>(ports->front())));
  const Findings taken = CheckPorts(address, 1);
  REQUIRE(taken.size() == 1);
  CHECK(taken.front().severity == Severity::kProblem);
  CHECK_THAT(taken.front().text, Catch::StartsWith(address + " is taken"));
  CHECK(CheckPorts("127.0.0.1:0", 8).front().severity == Severity::kOk);
  CHECK(CheckPorts("127.0.0.1", 1).front().severity == Severity::kProblem);
  CHECK(CheckPorts("127.0.0.1:65535", 8).front().severity == Severity::kProblem);
  CHECK(CheckPorts("203.0.113.1:7460", 1).front().severity == Severity::kProblem);
}

TEST_CASE("A process that drains or is gone is told from one that serves", "[doctor]") {
  auto server = Serve();
  const std::string address = AddressOf(*server);
  CHECK(CheckService("pose", address).severity == Severity::kOk);
  server->StopAdvertising();
  CHECK(health::AskHealth({address}) == health::Health::kNotServing);
  CHECK(CheckService("pose", address).severity == Severity::kProblem);
  server.reset();
  CHECK(health::AskHealth({address}) == health::Health::kUnreachable);
  CHECK_THAT(CheckService("pose", address).text, Catch::Contains("does not answer"));
}

TEST_CASE("Settings files are read as their processes would, and what they name is looked at",
          "[doctor]") {
  const testing::TempDir dir;
  const Model model;
  const auto server = Serve();
  const std::string peer = AddressOf(*server);
  const std::string any_ports = "listen: 127.0.0.1:0\nmetrics_listen: 127.0.0.1:0\n";
  const std::string file = (dir.path() / "g.yaml").string();
  Write(file, any_ports + "server: " + peer + "\npose: " + peer + "\nregion: " + peer +
                  "\nmodel: [" + model.files().string() + "]\n");
  ConfigFiles files;
  files.generation = file;
  const Findings well = CheckConfigs(files, NoEnvironment, kBin);
  INFO(ToText(well));
  CHECK(CountOf(well, Severity::kProblem) == 0);

  SECTION("an error in the file") {
    Write(file, any_ports + "modle: [x]\n");
    const Findings findings = CheckConfigs(files, NoEnvironment, kBin);
    REQUIRE(findings.size() == 1);
    CHECK_THAT(findings.front().text, Catch::Contains("g.yaml:3: unknown key `modle`"));
  }
  SECTION("a peer that is not there") {
    const auto environment = [](const char* name) -> const char* {
      return std::string(name) == "ATELIER_POSE" ? "127.0.0.1:1" : nullptr;
    };
    const auto findings = CheckConfigs(files, environment, kBin);
    CHECK(CountOf(findings, Severity::kProblem) == 1);
    CHECK_THAT(ToText(findings), Catch::Contains("127.0.0.1:1 does not answer"));
  }
}

TEST_CASE("Findings are one line each, and parse as JSON whatever a path is called", "[doctor]") {
  const Findings findings = {{Severity::kProblem, "data", "a \"b\" \xff"},
                             {Severity::kOk, "disk", "fine"}};
  const std::string text = ToText(findings);
  CHECK(std::count(text.begin(), text.end(), '\n') == 3);
  CHECK_THAT(text, Catch::EndsWith("1 problems, 0 warnings\n"));
  const auto json = nlohmann::json::parse(ToJson(findings), nullptr, false);
  REQUIRE(json.is_object());
  CHECK(json["problems"] == 1);
  CHECK(json["findings"][1]["severity"] == "ok");
}

}  // namespace atelier::doctor
