#include "models/file_kind.h"

#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <fstream>

#include "support/temp_dir.h"
#include "support/torch_bytes.h"

namespace atelier::models {
namespace {

namespace fs = std::filesystem;
using testing::Little;

struct Kind {
  std::string name;
  std::string bytes;
  std::string reason;
  std::string text;
};

const std::string kSafetensors = Little(2, 8) + "{}";

}  // namespace

TEST_CASE("Downloads that went wrong are named for what they are", "[models]") {
  const std::vector<Kind> kinds = {
      {"a.pth", "", "FILE_EMPTY", "is empty"},
      {"a.pth", "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n",
       "GIT_LFS_POINTER", "git lfs pull"},
      {"a.pth", "<!DOCTYPE html>\n<html><head>", "HTML_PAGE", "web page"},
      {"a.png", "\xef\xbb\xbf \r\n <HTML lang=en>", "HTML_PAGE", "web page"},
      {"a.bin", "Entry not found", "TEXT_FILE", "beginning `Entry not found`"},
      {"a.bin", "{\"error\":\"Repository not found\"}\n", "TEXT_FILE", "Repository not found"},
      {"a.bin", std::string("\x1f\x8b\x08\0\0", 5), "ARCHIVE", "a gzip file: unpack it"},
      {"a.safetensors", "PK\3\4" + std::string(40, '\0'), "WRONG_EXTENSION", "torch.save()"},
      {"a.pth", kSafetensors, "WRONG_EXTENSION", "must end in .safetensors"},
  };
  for (const Kind& kind : kinds) {
    INFO(kind.reason << " " << kind.name);
    const testing::TempDir dir;
    std::ofstream(dir.path() / kind.name, std::ios::binary) << kind.bytes;
    const auto trouble = InspectFile(dir.path() / kind.name);
    REQUIRE(trouble.has_value());
    CHECK(trouble->reason == kind.reason);
    CHECK_THAT(trouble->text, Catch::Contains(kind.text));
  }
}

TEST_CASE("What may be weights or a picture is left to those who read it", "[models]") {
  const testing::TempDir dir;
  for (const auto& [name, bytes] :
       std::vector<std::pair<std::string, std::string>>{{"a.safetensors", kSafetensors},
                                                        {"a.pth", "PK\3\4" + std::string(40, '\0')},
                                                        {"old.pth", "\x80\x02\x8a\x0a"},
                                                        {"a.png", "\x89PNG\r\n\x1a\n"},
                                                        {"cut.png", std::string("\0", 1)}}) {
    INFO(name);
    std::ofstream(dir.path() / name, std::ios::binary) << bytes;
    CHECK_FALSE(InspectFile(dir.path() / name).has_value());
  }
}

TEST_CASE("A file that is not there is told from a dangling link and an unfinished download",
          "[models]") {
  const testing::TempDir dir;
  const fs::path file = dir.path() / "a.pth";
  CHECK(InspectFile(file)->text == "is not there");
  std::ofstream(dir.path() / "a.pth.crdownload") << "x";
  CHECK_THAT(InspectFile(file)->text, Catch::Contains("a.pth.crdownload, an unfinished download"));
  fs::create_symlink("nowhere", file);
  CHECK_THAT(InspectFile(file)->text, Catch::Contains("is a link to nowhere, which is not there"));
  CHECK(InspectFile(file)->reason == "FILE_MISSING");
  fs::create_directory(dir.path() / "b.pth");
  CHECK(InspectFile(dir.path() / "b.pth")->text == "is a folder");
  REQUIRE(::mkfifo((dir.path() / "c.pth").c_str(), 0600) == 0);
  CHECK(InspectFile(dir.path() / "c.pth")->text == "is no plain file");
  if (::geteuid() == 0) return;
  std::ofstream(dir.path() / "d.pth") << "x";
  fs::permissions(dir.path() / "d.pth", fs::perms::none);
  CHECK_THAT(InspectFile(dir.path() / "d.pth")->text, Catch::StartsWith("cannot be read"));
}

}  // namespace atelier::models
