#include "client/local_file.h"

#include <catch2/catch.hpp>
#include <fstream>

#include "support/temp_dir.h"

namespace atelier::client {
namespace {

int FilesIn(const std::filesystem::path& folder) {
  return static_cast<int>(std::distance(std::filesystem::directory_iterator(folder), {}));
}

}  // namespace

TEST_CASE("A written file holds all its bytes and leaves nothing beside it", "[files]") {
  const testing::TempDir dir;
  const auto path = dir.path() / "out.png";
  std::ofstream(path) << "an older, longer picture";
  const std::string bytes("new\0bytes", 9);
  REQUIRE(WriteFileAtomically(path, bytes).has_value());
  CHECK(ReadFile(path).value() == bytes);
  CHECK(FilesIn(dir.path()) == 1);
}

TEST_CASE("A folder that is not there is found before the job, not after it", "[files]") {
  const testing::TempDir dir;
  const auto status = CheckWritable(dir.path() / "missing" / "out.png");
  REQUIRE_FALSE(status.has_value());
  CHECK(status.error().reason == kLocalFileReason);
  CHECK_FALSE(CheckWritable(dir.path()).has_value());
  CHECK(CheckWritable(dir.path() / "out.png").has_value());
}

TEST_CASE("A file that is no picture is refused here, by its own name", "[files]") {
  const testing::TempDir dir;
  const auto path = dir.path() / "notes.txt";
  std::ofstream(path) << "a man walks into a bar";
  const auto picture = PictureFromFile(path);
  REQUIRE_FALSE(picture.has_value());
  CHECK(picture.error().reason == kLocalFileReason);
  CHECK(picture.error().message.find("notes.txt") != std::string::npos);
}

}  // namespace atelier::client
