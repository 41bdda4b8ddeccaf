// Photographs straight from a telephone, through the real processes.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <string>
#include <vector>

#include "base/image.h"
#include "integration/test_pictures.h"
#include "integration/whole_studio.h"
#include "support/photograph_files.h"
#include "unit/imaging/encoded_heic.h"

namespace atelier::testing {
namespace {

cv::Mat Person() {
  const std::string png = PersonPng();
  return cv::imdecode(std::vector<uchar>(png.begin(), png.end()), cv::IMREAD_COLOR);
}

std::string PersonHeic() {
  const cv::Mat bgr = Person();
  Image image(bgr.rows, bgr.cols, 3);
  const cv::Mat rgb(bgr.rows, bgr.cols, CV_8UC3, image.data.data());
  cv::cvtColor(bgr, rgb, cv::COLOR_BGR2RGB);
  return MakeHeic(HevcOf(imaging::EncodeHeic(image)));
}

/// The person lying on their side, and EXIF that says how to turn them upright.
std::string PersonOnSideJpeg() {
  cv::Mat turned;
  cv::rotate(Person(), turned, cv::ROTATE_90_COUNTERCLOCKWISE);
  std::vector<uchar> jpeg;
  cv::imencode(".jpg", turned, jpeg);
  return AddJpegMetadata({jpeg.begin(), jpeg.end()}, 6);
}

}  // namespace

TEST_CASE("A telephone's photographs are painted from, and stored without their metadata",
          "[integration]") {
  WholeStudio studio;
  studio.Write("me.heic", PersonHeic());
  studio.Write("you.jpg", PersonOnSideJpeg());
  const std::string out = studio.Path("out.png");
  REQUIRE(studio.Run({"synthesize", studio.Path("me.heic"), "--pose", studio.Path("you.jpg"), "-o",
                      out, "--sheet", studio.Path("sheet.png"), "--steps", "2"},
                     "command") == 0);
  const TinyModelFacts model = ReadTinyModelFacts();
  CHECK(SizeOf(studio.File("out.png")) == Size{model.height, model.width});
  CHECK(SizeOf(studio.File("sheet.png")).height > 0);

  REQUIRE(studio.Run({"assets", "list", "--json"}, "list") == 0);
  const auto assets = nlohmann::json::parse(studio.File("list.out"), nullptr, false)["assets"];
  REQUIRE(assets.size() == 3);
  int photographs = 0;
  for (const auto& asset : assets) {
    const std::string name = asset["name"];
    const std::string type = asset["content_type"];
    const std::string extension = "." + type.substr(type.find('/') + 1);
    const std::string file = "stored" + extension;
    REQUIRE(studio.Run({"assets", "download", name, "-o", studio.Path(file)}, "command") == 0);
    CHECK(studio.File(file).find(kSecret) == std::string::npos);
    if (type == "image/png") continue;
    ++photographs;
    CHECK(asset["height"] == kPersonHeight);
    CHECK(asset["width"] == kPersonWidth);
    // Named as another type, the file would lie.
    CHECK(studio.Run({"assets", "download", name, "-o", studio.Path("other.webp")}, "command") ==
          1);
    // What was stored is stored under the same name again.
    REQUIRE(studio.Run({"assets", "upload", studio.Path(file)}, "again") == 0);
    CHECK(studio.File("again.out") == name + "\n");
  }
  CHECK(photographs == 2);
}

}  // namespace atelier::testing
