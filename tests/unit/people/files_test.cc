#include <filesystem>
#include <fstream>
#include <iterator>

#include "people/files/dataset.h"
#include "people/files/png_writer.h"
#include "people_fixture.h"
#include "picture/png_text.h"

namespace atelier::people {
namespace {

namespace fs = std::filesystem;

/// A folder of one test, gone with it.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = (fs::temp_directory_path() / "people-test-XXXXXX").string();
    REQUIRE(mkdtemp(pattern.data()) != nullptr);
    path_ = pattern;
  }
  ~TemporaryFolder() { fs::remove_all(path_); }
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

TEST_CASE("A PNG begins and ends as one and names its size", "[people]") {
  Image image(3, 5, 3, 200);
  const auto png = EncodePng(image);
  REQUIRE(png.has_value());
  CHECK((*png)[1] == 'P');
  CHECK((*png)[19] == 5);  // width, big endian
  CHECK((*png)[23] == 3);  // height
  CHECK((*png)[25] == 2);  // RGB
  CHECK(std::string(png->end() - 8, png->end() - 4) == "IEND");
}

TEST_CASE("A picture of two channels or none is no PNG", "[people]") {
  CHECK_FALSE(EncodePng(Image(4, 4, 2)).has_value());
  CHECK_FALSE(EncodePng(Image()).has_value());
  CHECK_FALSE(WriteImage(Image(4, 4, 3), "/tmp/picture.bmp").has_value());
}

TEST_CASE("A sample is written whole, with no half file beside it", "[people]") {
  const TemporaryFolder folder;
  RenderOptions options = SmallPicture();
  REQUIRE(WriteSample(TheBody(), 77, 3, options, folder.path()).has_value());
  for (const char* name : {"000003_rgb.png", "000003_iuv.png", "000003_mask.png",
                           "000003_regions.png", "000003.json"}) {
    CHECK(fs::file_size(folder.path() / name) > 100);
  }
  CHECK(std::distance(fs::directory_iterator(folder.path()), fs::directory_iterator()) == 5);
  std::ifstream in(folder.path() / "000003.json");
  const std::string json((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  CHECK(json.find("\"right_wrist\"") != std::string::npos);
  CHECK(json.find("\"seed\": 77") != std::string::npos);
  CHECK(json.find("\"background\": [") != std::string::npos);
  CHECK(json.find("\"jacket\"]}") != std::string::npos);
}

TEST_CASE("A sample's IUV says which chart it is in", "[people]") {
  const TemporaryFolder folder;
  REQUIRE(WriteSample(TheBody(), 77, 3, SmallPicture(), folder.path()).has_value());
  const auto text_of = [&](const char* name) {
    std::ifstream in(folder.path() / name, std::ios::binary);
    return ReadPngText(std::string(std::istreambuf_iterator<char>(in), {}), "iuv_chart");
  };
  CHECK(text_of("000003_iuv.png") == "atelier");
  CHECK_FALSE(text_of("000003_rgb.png"));
  CHECK_FALSE(WriteIuv(Image(4, 4, 3), folder.path() / "iuv.ppm").has_value());
}

TEST_CASE("A file that cannot be written is an error that names it", "[people]") {
  const TemporaryFolder folder;
  std::ofstream(folder.path() / "file") << "in the way";
  const auto status = WriteImage(Image(4, 4, 3), folder.path() / "file" / "picture.png");
  REQUIRE_FALSE(status.has_value());
  CHECK(status.error().message.find("picture.png") != std::string::npos);
}

TEST_CASE("Examples are at least six people and four poses nobody trains on", "[people]") {
  int people = 0;
  int poses = 0;
  for (const Example& e : MakeExamples(TheBody())) {
    CHECK(e.person.seed >= 9000000);
    ++(e.folder == "people" ? people : poses);
  }
  CHECK(people >= 6);
  CHECK(poses >= 4);
}

}  // namespace
}  // namespace atelier::people
