// Photographs as cameras write them: on their side, with metadata, and far larger than is needed.
#include <catch2/catch.hpp>
#include <cstdlib>
#include <opencv2/imgcodecs.hpp>
#include <vector>

#include "base/random.h"
#include "imaging/picture_codec.h"
#include "imaging/picture_fit.h"
#include "picture/picture_header.h"
#include "picture/picture_metadata.h"
#include "support/photograph_files.h"

namespace atelier::imaging {
namespace {

constexpr uint32_t kWidth = 48;
constexpr uint32_t kHeight = 32;

std::string Encode(const cv::Mat& mat, const char* extension) {
  std::vector<uint8_t> bytes;
  REQUIRE(cv::imencode(extension, mat, bytes, {cv::IMWRITE_WEBP_QUALITY, 101}));
  return {bytes.begin(), bytes.end()};
}

/// Smooth, and different in each corner.
cv::Mat Slopes(int height = kHeight, int width = kWidth) {
  cv::Mat bgr(height, width, CV_8UC3);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      bgr.at<cv::Vec3b>(y, x) = {static_cast<uint8_t>(40 + 200 * x / width),
                                 static_cast<uint8_t>(20 + 100 * y / height), 90};
    }
  }
  return bgr;
}

/// The file of `format` with metadata that states `orientation`.
std::string Photograph(const std::string& format, int orientation) {
  const std::string file = Encode(Slopes(), ("." + format).c_str());
  if (format == "jpg") return AddJpegMetadata(file, orientation);
  if (format == "png") return AddPngMetadata(file, orientation);
  return AddWebpMetadata(file, kWidth, kHeight, orientation);
}

/// Where the stored pixel (y, x) is shown, as EXIF defines it.
std::pair<int, int> ShownAt(int y, int x, int orientation) {
  const int bottom = static_cast<int>(kHeight) - 1 - y;
  const int right = static_cast<int>(kWidth) - 1 - x;
  switch (orientation) {
    case 2:
      return {y, right};
    case 3:
      return {bottom, right};
    case 4:
      return {bottom, x};
    case 5:
      return {x, y};
    case 6:
      return {x, bottom};
    case 7:
      return {right, bottom};
    case 8:
      return {right, y};
    default:
      return {y, x};
  }
}

}  // namespace

TEST_CASE("A photograph of any format and orientation is shown upright", "[photograph]") {
  for (const std::string format : {"jpg", "png", "webp"}) {
    const Image stored = DecodePicture(Photograph(format, 1), "picture").value();
    for (int orientation = 1; orientation <= 8; ++orientation) {
      INFO(format << " of orientation " << orientation);
      const std::string file = Photograph(format, orientation);
      const auto image = DecodePicture(file, "picture");
      REQUIRE(image);
      const PictureHeader header = ReadPictureHeader(file, "picture").value();
      CHECK(image->height == header.height);
      CHECK(image->width == header.width);
      REQUIRE(image->height == (orientation >= 5 ? 48 : 32));
      for (const auto& [y, x] : {std::pair{0, 0}, {0, 47}, {31, 0}, {31, 47}, {5, 11}}) {
        const auto [shown_y, shown_x] = ShownAt(y, x, orientation);
        CHECK(std::equal(stored.at(y, x), stored.at(y, x) + 3, image->at(shown_y, shown_x)));
      }
    }
  }
}

TEST_CASE("Removing metadata changes no pixel and not the orientation", "[photograph]") {
  for (const std::string format : {"jpg", "png", "webp"}) {
    for (int orientation = 1; orientation <= 8; ++orientation) {
      INFO(format << " of orientation " << orientation);
      const std::string file = Photograph(format, orientation);
      const std::string cleaned = RemovePictureMetadata(file);
      CHECK(cleaned.find(kSecret) == std::string::npos);
      CHECK(DecodePicture(cleaned, "picture").value() == DecodePicture(file, "picture").value());
    }
  }
}

TEST_CASE("Removing metadata changes no pixel of progressive, grey and transparent files",
          "[photograph]") {
  cv::Mat grey(kHeight, kWidth, CV_8UC1);
  cv::Mat bgra(kHeight, kWidth, CV_8UC4);
  Random random(3);
  for (auto it = grey.begin<uint8_t>(); it != grey.end<uint8_t>(); ++it) *it = random.Index(256);
  for (auto it = bgra.begin<cv::Vec4b>(); it != bgra.end<cv::Vec4b>(); ++it) {
    for (int c = 0; c < 4; ++c) (*it)[c] = static_cast<uint8_t>(random.Index(256));
  }
  std::vector<uint8_t> progressive;
  cv::imencode(".jpg", Slopes(), progressive,
               {cv::IMWRITE_JPEG_PROGRESSIVE, 1, cv::IMWRITE_JPEG_RST_INTERVAL, 2});
  for (const std::string& file :
       {AddJpegMetadata({progressive.begin(), progressive.end()}, 6),
        AddJpegMetadata(Encode(grey, ".jpg"), 1), AddPngMetadata(Encode(grey, ".png"), 8),
        AddPngMetadata(Encode(bgra, ".png"), 3)}) {
    const std::string cleaned = RemovePictureMetadata(file);
    CHECK(cleaned.find(kSecret) == std::string::npos);
    CHECK(DecodePicture(cleaned, "picture").value() == DecodePicture(file, "picture").value());
  }
  // An extended WebP of its own, with transparency.
  const std::string webp = Encode(bgra, ".webp");
  CHECK(DecodePicture(RemovePictureMetadata(webp), "picture").value() ==
        DecodePicture(webp, "picture").value());
}

TEST_CASE("An IUV picture and a mask are turned as their picture is", "[photograph]") {
  Image iuv(kHeight, kWidth, 3);
  iuv.at(3, 7)[0] = 24;
  Image mask(kHeight, kWidth, 1);
  mask.at(3, 7)[0] = 9;
  for (int orientation = 1; orientation <= 8; ++orientation) {
    const auto [y, x] = ShownAt(3, 7, orientation);
    const Image turned =
        DecodeIuv(AddPngMetadata(EncodePng(iuv).value(), orientation), "iuv").value();
    CHECK(turned.height == (orientation >= 5 ? 48 : 32));
    CHECK(turned.at(y, x)[0] == 24);
    CHECK(DecodeGrey(AddPngMetadata(EncodePng(mask).value(), orientation), "mask")->at(y, x)[0] ==
          9);
  }
}

TEST_CASE("A picture of twice the wanted size or more is reduced, not below it", "[photograph]") {
  struct Case {
    int longest;
    int jpeg_factor;
    int other_factor;
  };
  for (const std::string format : {".jpg", ".png", ".webp"}) {
    const std::string file = Encode(Slopes(600, 901), format.c_str());
    for (const Case& wanted : {Case{0, 1, 1},
                               {900, 1, 1},
                               {451, 1, 1},
                               {450, 2, 2},
                               {300, 2, 3},
                               {200, 4, 4},
                               {100, 8, 9},
                               {16, 8, 56}}) {
      const int factor = format == ".jpg" ? wanted.jpeg_factor : wanted.other_factor;
      INFO(format << " for " << wanted.longest);
      const auto image = DecodePicture(file, "picture", wanted.longest);
      REQUIRE(image);
      CHECK(image->width == (901 + factor - 1) / factor);
      CHECK(image->height == (600 + factor - 1) / factor);
      const uint8_t* const middle = image->at(image->height / 2, image->width / 2);
      CHECK(std::abs(middle[2] - 140) <= 3);
      CHECK(std::abs(middle[1] - 70) <= 3);
      CHECK(std::abs(middle[0] - 90) <= 3);
    }
  }
}

TEST_CASE("A reduced photograph shrinks to what the whole one shrinks to, and stays upright",
          "[photograph]") {
  for (const int orientation : {1, 6}) {
    const std::string file = AddJpegMetadata(Encode(Slopes(600, 900), ".jpg"), orientation);
    const Image whole = ShrinkToFit(DecodePicture(file, "picture").value(), 200);
    const Image reduced = ShrinkToFit(DecodePicture(file, "picture", 200).value(), 200);
    REQUIRE(reduced.height == whole.height);
    REQUIRE(reduced.width == whole.width);
    for (size_t i = 0; i < whole.data.size(); ++i) {
      REQUIRE(std::abs(int{whole.data[i]} - int{reduced.data[i]}) <= 6);
    }
  }
}

TEST_CASE("Deep and transparent pictures are reduced, too", "[photograph]") {
  const cv::Mat deep(40, 40, CV_16UC3, cv::Scalar(65535, 32896, 0));
  const Image image = DecodePicture(Encode(deep, ".png"), "picture", 20).value();
  CHECK(image.height == 20);
  CHECK(image.at(0, 0)[1] == 128);
  const cv::Mat clear(40, 40, CV_8UC4, cv::Scalar(0, 0, 0, 0));
  CHECK(DecodePicture(Encode(clear, ".png"), "picture", 20)->at(3, 3)[0] == 255);
}

}  // namespace atelier::imaging
