#include "client/cli/studio_config.h"

#include <catch2/catch.hpp>
#include <fstream>

#include "client/cli/exit_code.h"
#include "support/temp_dir.h"

namespace atelier::cli {
namespace {

struct File {
  explicit File(const std::string& text) : path(dir.path() / "studio.yaml") {
    std::ofstream(path) << text;
  }
  testing::TempDir dir;
  std::filesystem::path path;
};

/// The message of the error; "" when the file is fine.
std::string ErrorOf(const std::string& text) {
  const File file(text);
  supervisor::StudioOptions studio;
  studio.config_file = file.path;
  const Status filled = FillFromFile("", "", studio);
  if (!filled) CHECK(ExitCodeOf(filled.error()) == ExitCode::kLocalFile);
  return filled ? "" : filled.error().message.substr(file.dir.path().string().size() + 1);
}

}  // namespace

TEST_CASE("Without a file and flags a studio has its defaults", "[studio]") {
  supervisor::StudioOptions studio;
  REQUIRE(FillFromFile("", "", studio).has_value());
  CHECK(studio.listen == "127.0.0.1:7460");
  CHECK(studio.data_dir == "atelier-data");
  CHECK(studio.models.empty());
}

TEST_CASE("What the file says of the whole studio is taken, and flags win over it", "[studio]") {
  const File file(
      "server:\n  listen: 0.0.0.0:9000\n  data: /srv/atelier\n  default_model: a\n"
      "generation:\n  model: [models/a, models/b]\n  max_batch: 2\npose:\n  model: models/p\n");
  supervisor::StudioOptions studio;
  studio.config_file = file.path;
  REQUIRE(FillFromFile("", "", studio).has_value());
  CHECK(studio.listen == "0.0.0.0:9000");
  CHECK(studio.data_dir == "/srv/atelier");
  CHECK(studio.models == std::vector<std::filesystem::path>{"models/a", "models/b"});
  CHECK(studio.file_has_default_model);
  CHECK(studio.file_has_pose_model);
  CHECK_FALSE(studio.file_has_region_model);
  studio.models = {"models/c"};
  REQUIRE(FillFromFile("127.0.0.1:1234", "/tmp/data", studio).has_value());
  CHECK(studio.listen == "127.0.0.1:1234");
  CHECK(studio.data_dir == "/tmp/data");
  CHECK(studio.models == std::vector<std::filesystem::path>{"models/c"});
}

TEST_CASE("Whatever is wrong in a studio's file is told with its line", "[studio]") {
  CHECK(ErrorOf("server: {}\nregions: {}\n") ==
        "studio.yaml:2: unknown section `regions`; is `region` meant?");
  CHECK(ErrorOf("server:\n  max_queu: 5\n") ==
        "studio.yaml:2: unknown key `max_queu`; is `max_queue` meant?");
  CHECK(ErrorOf("pose:\n  log_level: loud\n") ==
        "studio.yaml:2: `log_level` must be debug, info, warn or error. Given: loud");
  CHECK(ErrorOf("server: {}\nserver: {}\n") == "studio.yaml:2: `server` is given twice");
  CHECK(ErrorOf("max_queue: 5\n") == "studio.yaml:1: unknown section `max_queue`");
  CHECK(ErrorOf("server: here\n") == "studio.yaml:1: `server` must be a mapping of `key: value`");
  CHECK(ErrorOf("generation:\n  threads: 1\n  server: elsewhere:1\n") ==
        "studio.yaml:3: `server` is decided by `atelier up`: leave it out");
  CHECK(ErrorOf("region:\n  listen: 127.0.0.1:0\n") ==
        "studio.yaml:2: `listen` is decided by `atelier up`: leave it out");
  CHECK(ErrorOf("server:\npose: ~\n") == "");
}

TEST_CASE("A studio's file that is not there is named", "[studio]") {
  supervisor::StudioOptions studio;
  studio.config_file = "/nowhere/studio.yaml";
  const Status filled = FillFromFile("", "", studio);
  REQUIRE_FALSE(filled.has_value());
  CHECK_THAT(filled.error().message, Catch::Contains("/nowhere/studio.yaml"));
}

}  // namespace atelier::cli
