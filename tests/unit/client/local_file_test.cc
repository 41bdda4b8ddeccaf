#include "client/local_file.h"

#include <catch2/catch.hpp>
#include <fstream>

#include "picture/picture_header.h"
#include "support/temp_dir.h"

namespace atelier::client {

TEST_CASE("What stands in a file's way is an error of this machine, whatever it is", "[files]") {
  const testing::TempDir dir;
  const auto path = dir.path() / "out.png";
  REQUIRE(WriteFile(path, "bytes").has_value());
  CHECK(ReadFile(path).value() == "bytes");
  CHECK(WriteFile(path, "more", Overwrite::kRefuse).error().reason == kLocalFileReason);
  CHECK(CheckWritable(path, Overwrite::kRefuse).error().reason == kLocalFileReason);
  CHECK(CheckWritable(dir.path() / "missing" / "out.png").error().reason == kLocalFileReason);
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

TEST_CASE("A picture without an end is not read without an end", "[files]") {
  const auto picture = PictureFromFile("/dev/zero");
  REQUIRE_FALSE(picture.has_value());
  CHECK(picture.error().message.find(std::to_string(kMaxPictureBytes)) != std::string::npos);
}

}  // namespace atelier::client
