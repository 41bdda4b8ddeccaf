#include "config/yaml.h"

#include <catch2/catch.hpp>
#include <fstream>

#include "config/values.h"
#include "config_messages.h"
#include "support/temp_dir.h"

namespace atelier::config {
namespace {

/// The message of the error that `yaml` gives a server; "" when it is fine.
std::string ErrorOf(const std::string& yaml) {
  v1::ServerConfig config;
  Origins origins;
  const Status applied = ApplyYaml(yaml, "s.yaml", config, origins);
  return applied ? std::string() : applied.error().message;
}

}  // namespace

TEST_CASE("A misspelt key is an error with its line and the key that was meant", "[config]") {
  CHECK(ErrorOf("data: d\n# a comment\nmax_queu: 5\n") ==
        "s.yaml:3: unknown key `max_queu`; is `max_queue` meant?");
  CHECK(ErrorOf("colour: red\n") == "s.yaml:1: unknown key `colour`");
}

TEST_CASE("A value of the wrong type or range names line, key, rule and value", "[config]") {
  CHECK(ErrorOf("max_queue: many") ==
        "s.yaml:1: `max_queue` must be a whole number from 1 to 10000000. Given: many");
  CHECK(ErrorOf("\nmax_attempts: 101") ==
        "s.yaml:2: `max_attempts` must be a whole number from 1 to 100. Given: 101");
  CHECK(ErrorOf("max_attempts: 2.5") ==
        "s.yaml:1: `max_attempts` must be a whole number from 1 to 100. Given: 2.5");
  CHECK(ErrorOf("lease_seconds: 0") ==
        "s.yaml:1: `lease_seconds` must be a number from 0.1 to 3600 (seconds). Given: 0");
  CHECK(ErrorOf("lease_seconds: .nan") ==
        "s.yaml:1: `lease_seconds` must be a number from 0.1 to 3600 (seconds). Given: .nan");
  CHECK(ErrorOf("log_level: loud") ==
        "s.yaml:1: `log_level` must be debug, info, warn or error. Given: loud");
  CHECK(ErrorOf("listen: localhost") ==
        "s.yaml:1: `listen` must be host:port with a port of 0 to 65535. Given: localhost");
  CHECK(ErrorOf("listen: 127.0.0.1:70000") != "");
  CHECK(ErrorOf("listen: ''") != "");
}

TEST_CASE("A quoted number, a list, a mapping or nothing is no number", "[config]") {
  for (const char* yaml :
       {"max_queue: \"5\"", "max_queue: [5]", "max_queue: {a: 5}", "max_queue:", "max_queue: ~"}) {
    INFO(yaml);
    CHECK_THAT(ErrorOf(yaml), Catch::Contains("s.yaml:1: `max_queue` must be a whole number"));
  }
}

TEST_CASE("Broken YAML, a list of settings and a key given twice are errors with lines",
          "[config]") {
  CHECK_THAT(ErrorOf("data: [1, 2\nlisten: x"), Catch::StartsWith("s.yaml:"));
  CHECK_THAT(ErrorOf("data: \"open"), Catch::Contains("is no YAML"));
  CHECK_THAT(ErrorOf("- data\n- listen"), Catch::Contains("s.yaml:1: must be a mapping"));
  CHECK(ErrorOf("data: a\ndata: b") == "s.yaml:2: `data` is given twice");
  CHECK_THAT(ErrorOf("[1]: x"), Catch::Contains("unknown key"));
}

TEST_CASE("An empty file changes nothing", "[config]") {
  CHECK(ErrorOf("") == "");
  CHECK(ErrorOf("# only a comment\n") == "");
}

TEST_CASE("A list is a list in a file, and one text is a list of one", "[config]") {
  v1::GenerationConfig config;
  Origins origins;
  REQUIRE(ApplyYaml("model: [a, \"b c\"]", "g.yaml", config, origins).has_value());
  REQUIRE(config.model_size() == 2);
  CHECK(config.model(1) == "b c");
  CHECK(origins.at("model") == "g.yaml:1");
  // Of a file from when a process had one model; a comma is part of a folder's name.
  REQUIRE(ApplyYaml("model: models/a, b", "g.yaml", config, origins).has_value());
  REQUIRE(config.model_size() == 1);
  CHECK(config.model(0) == "models/a, b");
  REQUIRE(ApplyYaml("model: \"7\"", "g.yaml", config, origins).has_value());
  CHECK(config.model(0) == "7");
  for (const char* yaml : {"model: {a: b}", "model:", "model: ~", "model: ''", "model: [[a]]"}) {
    INFO(yaml);
    const Status applied = ApplyYaml(yaml, "g.yaml", config, origins);
    REQUIRE_FALSE(applied.has_value());
    CHECK_THAT(applied.error().message, Catch::StartsWith("g.yaml:1: `model` must be"));
  }
}

TEST_CASE("A process reads its own section of a studio's file and no other", "[config]") {
  const testing::TempDir dir;
  const std::string path = (dir.path() / "studio.yaml").string();
  std::ofstream(path) << "# all of it\nserver:\n  data: d\n  max_queue: 5\npose:\n  model: m\n";
  v1::ServerConfig server;
  Origins origins;
  REQUIRE(ApplyStudioFile(path, "server", server, origins).has_value());
  CHECK(server.max_queue() == 5);
  CHECK(origins.at("max_queue") == path + ":4");
  v1::PoseConfig pose;
  Origins pose_origins;
  REQUIRE(ApplyStudioFile(path, "pose", pose, pose_origins).has_value());
  REQUIRE(pose.model_size() == 1);
  CHECK(pose.model(0) == "m");
  v1::RegionConfig region;
  Origins region_origins;
  REQUIRE(ApplyStudioFile(path, "region", region, region_origins).has_value());
  CHECK(region_origins.empty());
}

TEST_CASE("What is printed reads back as the same settings, odd texts included", "[config]") {
  v1::GenerationConfig config;
  SetDefaults(config);
  config.add_model("folder with: colon # and hash");
  config.add_model("quote \" backslash \\ newline \n end");
  config.set_drain_seconds(0.1);
  config.set_server("unix:/run/dispatch.sock");
  const std::string yaml = ToYaml(config, {});
  INFO(yaml);
  v1::GenerationConfig again;
  Origins origins;
  const Status applied = ApplyYaml(yaml, "printed", again, origins);
  INFO((applied ? "" : applied.error().message));
  REQUIRE(applied.has_value());
  CHECK(again.SerializeAsString() == config.SerializeAsString());
}

TEST_CASE("A file that is not there or is a folder is named", "[config]") {
  const testing::TempDir dir;
  v1::ServerConfig config;
  Origins origins;
  const Status missing = ApplyFile(dir.path() / "none.yaml", config, origins);
  REQUIRE_FALSE(missing.has_value());
  CHECK(missing.error().code == Code::kNotFound);
  CHECK_THAT(missing.error().message, Catch::Contains("none.yaml"));
  CHECK_FALSE(ApplyFile(dir.path(), config, origins).has_value());
}

}  // namespace atelier::config
