#include "client/supervisor/studio_plan.h"

#include <boost/asio/ip/tcp.hpp>
#include <catch2/catch.hpp>
#include <fstream>
#include <set>

#include "support/temp_dir.h"

namespace atelier::supervisor {
namespace {

/// Empty files where the programs and a model named `model` would be.
StudioOptions OptionsIn(const std::filesystem::path& dir) {
  for (const char* name :
       {"atelier-pose", "atelier-region", "atelier-server", "atelier-generation"}) {
    std::ofstream(dir / name) << "";
  }
  std::filesystem::create_directory(dir / "folder");
  std::ofstream(dir / "folder" / "model.json") << R"({"name": "tiny"})";
  StudioOptions options;
  options.bin_dir = dir;
  options.data_dir = dir / "data";
  options.models = {dir / "folder"};
  return options;
}

/// Every value after `flag` in a child's command line.
std::vector<std::string> ValuesOf(const ChildSpec& child, const std::string& flag) {
  std::vector<std::string> values;
  for (size_t i = 0; i + 1 < child.command.size(); ++i) {
    if (child.command[i] == flag) values.push_back(child.command[i + 1]);
  }
  return values;
}

/// The value after `flag` in a child's command line, or "".
std::string ValueOf(const ChildSpec& child, const std::string& flag) {
  for (size_t i = 0; i + 1 < child.command.size(); ++i) {
    if (child.command[i] == flag) return child.command[i + 1];
  }
  return {};
}

}  // namespace

TEST_CASE("A studio with a given port takes the seven after it", "[studio]") {
  const testing::TempDir dir;
  StudioOptions options = OptionsIn(dir.path());
  options.listen = "127.0.0.1:9000";
  const auto plan = PlanStudio(options);
  REQUIRE(plan.has_value());
  CHECK(plan->server_address == "127.0.0.1:9000");
  CHECK(plan->metrics_address == "127.0.0.1:9001");
  CHECK(ValueOf(plan->children[kPose], "--listen") == "127.0.0.1:9002");
  CHECK(ValueOf(plan->children[kRegion], "--listen") == "127.0.0.1:9004");
  CHECK(ValueOf(plan->children[kGeneration], "--metrics-listen") == "127.0.0.1:9007");
  CHECK(ValueOf(plan->children[kServer], "--pose") == "127.0.0.1:9002");
}

TEST_CASE("Workers fetch their jobs at a socket in the data folder, not at the API", "[studio]") {
  const testing::TempDir dir;
  StudioOptions options = OptionsIn(dir.path());
  const auto plan = PlanStudio(options);
  REQUIRE(plan.has_value());
  const std::string socket = "unix:" + (dir.path() / "data/dispatch.sock").string();
  CHECK(ValueOf(plan->children[kServer], "--dispatch-listen") == socket);
  CHECK(ValueOf(plan->children[kGeneration], "--server") == socket);

  // The kernel takes no longer path than 107 bytes.
  options.data_dir = dir.path() / std::string(100, 'd');
  const auto deep = PlanStudio(options);
  REQUIRE(deep.has_value());
  const std::string port = ValueOf(deep->children[kServer], "--dispatch-listen");
  CHECK(port.starts_with("127.0.0.1:"));
  CHECK(ValueOf(deep->children[kGeneration], "--server") == port);
  CHECK(ValueOf(deep->children[kGeneration], "--worker-secret-file") ==
        (options.data_dir / "worker.secret").string());

  // Workers of other machines: this machine's own takes the same way.
  options.dispatch_listen = "0.0.0.0:7468";
  const auto shared = PlanStudio(options);
  REQUIRE(shared.has_value());
  CHECK(ValueOf(shared->children[kServer], "--dispatch-listen") == "0.0.0.0:7468");
  CHECK(ValueOf(shared->children[kGeneration], "--server") == "127.0.0.1:7468");
}

TEST_CASE("Workers stay on the loopback when the API is open to all", "[studio]") {
  const testing::TempDir dir;
  StudioOptions options = OptionsIn(dir.path());
  options.listen = "0.0.0.0:9000";
  const auto plan = PlanStudio(options);
  REQUIRE(plan.has_value());
  CHECK(ValueOf(plan->children[kServer], "--listen") == "0.0.0.0:9000");
  CHECK(ValueOf(plan->children[kServer], "--metrics-listen") == "0.0.0.0:9001");
  for (const StudioChild worker : {kPose, kRegion, kGeneration}) {
    CHECK(ValueOf(plan->children[worker], "--listen").starts_with("127.0.0.1:"));
  }
  CHECK(ValuesOf(plan->children[kServer], "--insecure").empty());
  // Nobody can connect to 0.0.0.0 everywhere.
  CHECK(plan->server_address == "127.0.0.1:9000");
}

TEST_CASE("A studio on port 0 gets eight different ports, fixed in its command lines", "[studio]") {
  const testing::TempDir dir;
  StudioOptions options = OptionsIn(dir.path());
  options.listen = "127.0.0.1:0";
  const auto plan = PlanStudio(options);
  REQUIRE(plan.has_value());
  std::set<std::string> addresses;
  for (const ChildSpec& child : plan->children) {
    addresses.insert(ValueOf(child, "--listen"));
    addresses.insert(ValueOf(child, "--metrics-listen"));
  }
  CHECK(addresses.size() == 8);
  CHECK(addresses.count("127.0.0.1:0") == 0);
  CHECK(ValueOf(plan->children[kGeneration], "--pose") ==
        ValueOf(plan->children[kPose], "--listen"));
}

TEST_CASE("A studio whose port is taken is told so, by its address, before it is started",
          "[studio]") {
  const testing::TempDir dir;
  StudioOptions options = OptionsIn(dir.path());
  options.listen = "127.0.0.1:0";
  const auto plan = PlanStudio(options);
  REQUIRE(plan.has_value());
  CHECK(plan->listens.size() == 8);
  CHECK(CheckListens(*plan).has_value());
  boost::asio::io_context io;
  const std::string& taken = plan->listens[5];
  const int port = std::stoi(taken.substr(taken.rfind(':') + 1));
  const boost::asio::ip::tcp::acceptor other(
      io, {boost::asio::ip::make_address_v4("127.0.0.1"), static_cast<unsigned short>(port)});
  const Status refused = CheckListens(*plan);
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().reason == "ADDRESS_IN_USE");
  CHECK(refused.error().message.find(taken) != std::string::npos);
}

TEST_CASE("The default model is called what its model.json says, not what its folder is called",
          "[studio]") {
  const testing::TempDir dir;
  const auto plan = PlanStudio(OptionsIn(dir.path()));
  REQUIRE(plan.has_value());
  CHECK(ValueOf(plan->children[kServer], "--default-model") == "tiny");
}

TEST_CASE("Pose, region and generation are given every model, in one order", "[studio]") {
  const testing::TempDir dir;
  StudioOptions options = OptionsIn(dir.path());
  std::filesystem::create_directory(dir.path() / "second");
  std::ofstream(dir.path() / "second" / "model.json") << R"({"name": "other"})";
  options.models.push_back(dir.path() / "second");
  const auto plan = PlanStudio(options);
  REQUIRE(plan.has_value());
  const std::vector<std::string> models = {dir.path() / "folder", dir.path() / "second"};
  for (const StudioChild child : {kPose, kRegion, kGeneration}) {
    CHECK(ValuesOf(plan->children[child], "--model") == models);
  }
  CHECK(ValuesOf(plan->children[kServer], "--model").empty());
  CHECK(ValuesOf(plan->children[kServer], "--default-model") == std::vector<std::string>{"tiny"});
}

TEST_CASE("A settings file is handed to every child, and its models are not overridden",
          "[studio]") {
  const testing::TempDir dir;
  StudioOptions options = OptionsIn(dir.path());
  const auto plain = PlanStudio(options);
  REQUIRE(plain.has_value());
  CHECK(ValueOf(plain->children[kPose], "--studio-config") == "");
  CHECK(ValueOf(plain->children[kPose], "--model") != "");
  options.config_file = "/etc/studio.yaml";
  options.file_has_pose_model = true;
  options.file_has_default_model = true;
  const auto plan = PlanStudio(options);
  REQUIRE(plan.has_value());
  for (const ChildSpec& child : plan->children) {
    CHECK(ValueOf(child, "--studio-config") == "/etc/studio.yaml");
  }
  CHECK(ValueOf(plan->children[kPose], "--model") == "");
  CHECK(ValueOf(plan->children[kRegion], "--model") != "");
  CHECK(ValueOf(plan->children[kServer], "--default-model") == "");
}

TEST_CASE("A studio without one of its programs or models names what is missing", "[studio]") {
  const testing::TempDir dir;
  StudioOptions options = OptionsIn(dir.path());
  options.models = {dir.path() / "nowhere"};
  CHECK(PlanStudio(options).error().message.find("nowhere") != std::string::npos);
  std::filesystem::remove(dir.path() / "atelier-region");
  CHECK(PlanStudio(options).error().message.find("atelier-region") != std::string::npos);
}

TEST_CASE("An address without a usable port is refused", "[studio]") {
  const testing::TempDir dir;
  StudioOptions options = OptionsIn(dir.path());
  const std::string bad = GENERATE("127.0.0.1", "127.0.0.1:", ":7460", "127.0.0.1:70000",
                                   "127.0.0.1:65535", "127.0.0.1:-1", "127.0.0.1:74a");
  options.listen = bad;
  const auto plan = PlanStudio(options);
  REQUIRE_FALSE(plan.has_value());
  CHECK(plan.error().field == "listen");
}

}  // namespace atelier::supervisor
