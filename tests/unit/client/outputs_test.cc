#include "client/cli/files/outputs.h"

#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <opencv2/core.hpp>
#include <opencv2/imgcodecs.hpp>
#include <vector>

#include "client/cli/files/inputs.h"
#include "client/cli/files/picture_format.h"
#include "client/local_file.h"
#include "client/sendable.h"
#include "picture/picture_header.h"
#include "picture/png_text.h"
#include "support/temp_dir.h"

namespace atelier::cli {
namespace {

/// A smooth picture, as a PNG.
std::string SmoothPng() {
  cv::Mat picture(64, 48, CV_8UC3);
  for (int y = 0; y < picture.rows; ++y) {
    for (int x = 0; x < picture.cols; ++x) {
      picture.at<cv::Vec3b>(y, x) = {static_cast<uchar>(2 * y), static_cast<uchar>(3 * x), 90};
    }
  }
  std::vector<uchar> png;
  cv::imencode(".png", picture, png);
  return {png.begin(), png.end()};
}

cv::Mat Decode(const std::string& bytes) {
  return cv::imdecode(std::vector<uchar>(bytes.begin(), bytes.end()), cv::IMREAD_COLOR);
}

std::string ReasonOf(const Status& status) { return status ? "" : status.error().reason; }

TEST_CASE("Names of many pictures sort as the pictures do", "[cli]") {
  CHECK(NumberedPath("a/b.png", 0, 1) == "a/b.png");
  CHECK(NumberedPath("a/b.png", 2, 3) == "a/b-3.png");
  CHECK(NumberedPath("a/b.png", 8, 24) == "a/b-09.png");
  CHECK(NumberedPath("a/b.png", 9, 480) == "a/b-010.png");
}

TEST_CASE("What says that a picture was made goes with it into JPEG and WebP", "[outputs]") {
  const std::string packet = "<?xpacket begin=''?><made/><?xpacket end='r'?>";
  const std::string png = AddPngXmp(SmoothPng(), packet);
  for (const PictureFormat format : {PictureFormat::kJpeg, PictureFormat::kWebp}) {
    const auto encoded = EncodeAs(png, format);
    REQUIRE(encoded);
    CHECK(encoded->find(packet) != std::string::npos);
    const std::vector<uchar> bytes(encoded->begin(), encoded->end());
    const cv::Mat decoded = cv::imdecode(bytes, cv::IMREAD_COLOR);
    REQUIRE(decoded.rows == 64);
    CHECK(std::abs(decoded.at<cv::Vec3b>(30, 20)[0] - 60) < 8);
    CHECK(EncodeAs(SmoothPng(), format)->find("xpacket") == std::string::npos);
  }
}

TEST_CASE("A picture without background is laid on white in a JPEG and stays clear in WebP",
          "[outputs]") {
  cv::Mat clear(32, 32, CV_8UC4, cv::Scalar(0, 0, 0, 0));
  clear(cv::Rect(0, 0, 16, 32)) = cv::Scalar(10, 20, 200, 255);
  std::vector<uchar> png;
  REQUIRE(cv::imencode(".png", clear, png));
  const auto decoded = [&](PictureFormat format) {
    const auto encoded = EncodeAs(std::string(png.begin(), png.end()), format);
    REQUIRE(encoded);
    return cv::imdecode(std::vector<uchar>(encoded->begin(), encoded->end()), cv::IMREAD_UNCHANGED);
  };
  const cv::Mat jpeg = decoded(PictureFormat::kJpeg), webp = decoded(PictureFormat::kWebp);
  CHECK(jpeg.at<cv::Vec3b>(16, 28)[1] > 245);
  CHECK(jpeg.at<cv::Vec3b>(16, 4)[2] > 180);
  REQUIRE(webp.channels() == 4);
  CHECK(webp.at<cv::Vec4b>(16, 28)[3] < 10);
}

}  // namespace

TEST_CASE("A picture is written in the format that its file is called by", "[outputs]") {
  const testing::TempDir dir;
  const std::string png = SmoothPng();
  const auto [name, format] =
      GENERATE(table<std::string, PictureFormat>({{"a.png", PictureFormat::kPng},
                                                  {"a.JPG", PictureFormat::kJpeg},
                                                  {"a.jpeg", PictureFormat::kJpeg},
                                                  {"a.webp", PictureFormat::kWebp},
                                                  {"a", PictureFormat::kPng}}));
  const Output output{"--out", (dir.path() / name).string()};
  REQUIRE(CheckOutputs({output}, false, false).has_value());
  REQUIRE(WriteOutput(output, png, false).has_value());
  const std::string written = client::ReadFile(output.path).value();
  CHECK(ReadPictureHeader(written, "file").value().format == format);
  CHECK(written.find("Exif") == std::string::npos);
  if (format == PictureFormat::kPng) CHECK(written == png);
  // Quality 95 of a smooth picture: what JPEG's own rounding leaves.
  CHECK(cv::norm(Decode(png), Decode(written), cv::NORM_INF) <= 8);
}

TEST_CASE("An extension that is not known is refused before the work, with those that are",
          "[outputs]") {
  const testing::TempDir dir;
  const Status refused =
      CheckOutputs({{"--out", (dir.path() / "out.tiff").string()}}, false, false);
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().reason == client::kBadArgumentReason);
  CHECK_THAT(refused.error().message, Catch::Contains(".png, .jpg, .jpeg or .webp"));
  // Numbers that a lossy format would change.
  const Output iuv{"--iuv", (dir.path() / "iuv.jpg").string(), OutputKind::kExactPng};
  CHECK(ReasonOf(CheckOutputs({iuv}, false, false)) == client::kBadArgumentReason);
  // HEIC files are read and stored, not written anew.
  CHECK(ReasonOf(CheckOutputs({{"--out", (dir.path() / "out.heic").string()}}, false, false)) ==
        client::kBadArgumentReason);
  CHECK(HasHeicExtension(dir.path() / "stored.HEIC"));
  CHECK(HasHeicExtension(dir.path() / "stored.heif"));
  CHECK_FALSE(HasHeicExtension(dir.path() / "heic"));
  // A stored file is written as it is, whatever it is called.
  const Output bytes{"--out", (dir.path() / "backup.bin").string(), OutputKind::kBytes};
  CHECK(CheckOutputs({bytes}, false, false).has_value());
}

TEST_CASE("A FIFO takes PNG however it is called, a link the format of the file behind it",
          "[outputs]") {
  const testing::TempDir dir;
  const std::filesystem::path fifo = dir.path() / "out.fifo", link = dir.path() / "latest";
  REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
  std::filesystem::create_symlink(dir.path() / "ada.jpg", link);
  CHECK(CheckOutputs({{"--out", fifo.string()}}, false, false).has_value());
  CHECK(CheckOutputs({{"--out", "/dev/null"}}, false, false).has_value());
  REQUIRE(WriteOutput({"--out", link.string()}, SmoothPng(), false).has_value());
  const auto header =
      ReadPictureHeader(client::ReadFile(dir.path() / "ada.jpg").value(), "picture");
  REQUIRE(header.has_value());
  CHECK(header->format == ::atelier::PictureFormat::kJpeg);
}

TEST_CASE("No file is replaced unasked, the second of several pictures neither", "[outputs]") {
  const testing::TempDir dir;
  const Output output{"--out", (dir.path() / "out.png").string(), OutputKind::kPicture, 3};
  CHECK(CheckOutputs({output}, false, false).has_value());
  std::ofstream(dir.path() / "out-2.png") << "mine";
  const Status refused = CheckOutputs({output}, false, false);
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().reason == client::kLocalFileReason);
  CHECK_THAT(refused.error().message, Catch::Contains("out-2.png") && Catch::Contains("--force"));
  CHECK(CheckOutputs({output}, true, false).has_value());
}

TEST_CASE("Two outputs never land in one file, and standard output takes one picture alone",
          "[outputs]") {
  const testing::TempDir dir;
  const std::string file = (dir.path() / "a.png").string();
  const std::string same = (dir.path() / "." / "a.png").string();
  CHECK(ReasonOf(CheckOutputs({{"--out", file}, {"--sheet", same}}, true, false)) ==
        client::kBadArgumentReason);
  CHECK(ReasonOf(CheckOutputs({{"--out", "-"}, {"--sheet", "/dev/stdout"}}, true, false)) ==
        client::kBadArgumentReason);
  CHECK(ReasonOf(CheckOutputs({{"--out", "-", OutputKind::kPicture, 2}}, true, false)) ==
        client::kBadArgumentReason);
  CHECK(ReasonOf(CheckOutputs({{"--out", "-"}}, true, /*json=*/true)) ==
        client::kBadArgumentReason);
  CHECK(CheckOutputs({{"--out", "/dev/null"}, {"--sheet", "/dev/null"}}, false, false).has_value());
}

TEST_CASE("Standard input is one picture alone, and a file called - is reached as ./-",
          "[outputs]") {
  CHECK(CheckInputs({{"source", "-"}, {"--pose", "pose.png"}, {"--face", ""}}).has_value());
  const Status refused = CheckInputs({{"source", "-"}, {"--pose", "-"}});
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().reason == client::kBadArgumentReason);
  CHECK(refused.error().field == "--pose");
  CHECK(CheckInputs({{"source", "-"}, {"--pose", "./-"}}).has_value());
}

}  // namespace atelier::cli
