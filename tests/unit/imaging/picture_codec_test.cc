#include "imaging/picture_codec.h"

#include <catch2/catch.hpp>
#include <opencv2/imgcodecs.hpp>

#include "base/random.h"
#include "imaging/picture_fit.h"
#include "picture/png_text.h"

namespace atelier::imaging {
namespace {

Image NoisePicture(int height, int width, int channels) {
  Random random(7);
  Image image(height, width, channels);
  for (uint8_t& value : image.data) value = static_cast<uint8_t>(random.Index(256));
  return image;
}

std::string Encode(const cv::Mat& mat, const char* extension) {
  std::vector<uint8_t> bytes;
  REQUIRE(cv::imencode(extension, mat, bytes));
  return {bytes.begin(), bytes.end()};
}

/// 32 high, 16 wide: left half red, right half blue.
cv::Mat RedAndBlue() {
  cv::Mat bgr(32, 16, CV_8UC3, cv::Scalar(0, 0, 255));
  bgr.colRange(8, 16).setTo(cv::Scalar(255, 0, 0));
  return bgr;
}

/// The JPEG with an EXIF segment that states `orientation` (TIFF tag 0x0112), as cameras write it.
std::string WithOrientation(const std::string& jpeg, char orientation) {
  const std::string tiff = std::string("II*\0\x08\0\0\0", 8) +           // little-endian header
                           std::string("\x01\0", 2) +                    // one entry
                           std::string("\x12\x01\x03\0\x01\0\0\0", 8) +  // SHORT, count 1
                           std::string(1, orientation) + std::string("\0\0\0", 3) +
                           std::string("\0\0\0\0", 4);  // no next directory
  const std::string payload = std::string("Exif\0\0", 6) + tiff;
  const size_t length = payload.size() + 2;
  const std::string segment = std::string("\xff\xe1") + static_cast<char>(length >> 8) +
                              static_cast<char>(length & 0xff) + payload;
  return jpeg.substr(0, 2) + segment + jpeg.substr(2);
}

TEST_CASE("A PNG comes back pixel for pixel and the encoder leaves its input alone", "[codec]") {
  const Image image = NoisePicture(33, 17, 3);
  // Drawn again, from the same seed.
  const Image before = NoisePicture(33, 17, 3);
  const auto png = EncodePng(image);
  REQUIRE(png);
  CHECK(image == before);
  const auto decoded = DecodePicture(*png, "picture");
  REQUIRE(decoded);
  CHECK(*decoded == image);
}

TEST_CASE("A grey picture is expanded to RGB, and read as one channel when asked", "[codec]") {
  const Image grey = NoisePicture(20, 24, 1);
  const std::string png = EncodePng(grey).value();
  const auto rgb = DecodePicture(png, "picture");
  REQUIRE(rgb);
  REQUIRE(rgb->channels == 3);
  CHECK(rgb->at(3, 5)[0] == grey.at(3, 5)[0]);
  CHECK(rgb->at(3, 5)[2] == grey.at(3, 5)[0]);
  CHECK(DecodeGrey(png, "mask").value() == grey);
}

TEST_CASE("Transparency is laid on white", "[codec]") {
  cv::Mat bgra(16, 16, CV_8UC4, cv::Scalar(0, 0, 0, 0));
  bgra.rowRange(0, 8).setTo(cv::Scalar(0, 0, 255, 255));
  bgra.rowRange(8, 12).setTo(cv::Scalar(0, 0, 0, 128));
  const auto image = DecodePicture(Encode(bgra, ".png"), "picture");
  REQUIRE(image);
  CHECK(image->at(0, 0)[0] == 255);
  CHECK(image->at(0, 0)[1] == 0);
  CHECK(image->at(9, 0)[0] == 127);
  CHECK(image->at(15, 0)[1] == 255);
}

TEST_CASE("Sixteen bits are cut to eight", "[codec]") {
  const cv::Mat deep(16, 16, CV_16UC3, cv::Scalar(65535, 32896, 0));
  const auto image = DecodePicture(Encode(deep, ".png"), "picture");
  REQUIRE(image);
  CHECK(image->at(0, 0)[0] == 0);
  CHECK(image->at(0, 0)[1] == 128);
  CHECK(image->at(0, 0)[2] == 255);
}

TEST_CASE("JPEG and WebP decode to RGB", "[codec]") {
  for (const char* extension : {".jpg", ".webp"}) {
    const auto image = DecodePicture(Encode(RedAndBlue(), extension), "picture");
    REQUIRE(image);
    CHECK(image->height == 32);
    CHECK(image->at(16, 2)[0] > 200);
    CHECK(image->at(16, 13)[2] > 200);
  }
}

TEST_CASE("A truncated picture of any format is refused, not filled with grey", "[codec]") {
  for (const char* extension : {".png", ".jpg", ".webp"}) {
    const std::string whole = Encode(RedAndBlue(), extension);
    const auto image =
        DecodePicture(std::string_view(whole).substr(0, whole.size() * 2 / 3), "source");
    INFO(extension);
    REQUIRE_FALSE(image);
    CHECK(image.error().code == Code::kInvalidArgument);
    CHECK(image.error().field == "source");
  }
}

TEST_CASE("A JPEG whose thumbnail ends is not whole for that", "[codec]") {
  const std::string jpeg = Encode(RedAndBlue(), ".jpg");
  // An application segment with a complete little JPEG's end marker inside.
  const std::string thumbnail("\xff\xe1\x00\x06\xff\xd9\xff\xd9", 8);
  const std::string with = jpeg.substr(0, 2) + thumbnail + jpeg.substr(2);
  CHECK(DecodePicture(with, "picture"));
  CHECK_FALSE(DecodePicture(std::string_view(with).substr(0, with.size() - 40), "picture"));
}

TEST_CASE("What is no picture is refused with the field's name", "[codec]") {
  for (const std::string& bytes : {std::string(), std::string("hello, I am text"),
                                   std::string("\x89PNG\r\n\x1a\n and then nothing of use")}) {
    const auto image = DecodePicture(bytes, "spec.source");
    REQUIRE_FALSE(image);
    CHECK(image.error().code == Code::kInvalidArgument);
    CHECK(image.error().field == "spec.source");
  }
}

TEST_CASE("A broken WebP is not offered to decoders of other formats", "[codec]") {
  // DICOM's ends the process.
  std::string webp("RIFF\x01\x37\0\0WEBPVP8X\x0a\x02\0\0\0\0\0\0\x17\0\0\x0f\0\0", 30);
  webp.resize(128, '\xd1');
  webp +=
      "DICM8\x93!'OB\x98"
      "C\x8d";
  webp.resize(160, '\0');
  CHECK(DecodePicture(webp, "picture").error().code == Code::kInvalidArgument);
  webp.replace(128, 4, "xxxxxxxxxxxxDTED");
  CHECK(DecodePicture(webp, "picture").error().code == Code::kInvalidArgument);
}

TEST_CASE("A photograph taken with a turned camera is turned upright", "[codec]") {
  // 6: the picture's first row is the right side; red, which was left, comes to the top.
  const auto image = DecodePicture(WithOrientation(Encode(RedAndBlue(), ".jpg"), 6), "picture");
  REQUIRE(image);
  REQUIRE(image->height == 16);
  REQUIRE(image->width == 32);
  CHECK(image->at(2, 16)[0] > 200);
  CHECK(image->at(13, 16)[2] > 200);
}

TEST_CASE("An IUV picture keeps its channels and refuses a part that no body has", "[codec]") {
  Image iuv(16, 16, 3);
  iuv.at(4, 4)[0] = 24;
  iuv.at(4, 4)[1] = 200;
  iuv.at(4, 4)[2] = 100;
  CHECK(DecodeIuv(EncodePng(iuv).value(), "iuv_png").value() == iuv);
  iuv.at(4, 4)[0] = 25;
  CHECK_FALSE(DecodeIuv(EncodePng(iuv).value(), "iuv_png"));
  CHECK_FALSE(DecodeIuv(Encode(RedAndBlue(), ".jpg"), "iuv_png"));
  CHECK_FALSE(DecodeIuv(EncodePng(Image(16, 16, 1)).value(), "iuv_png"));
}

TEST_CASE("An IUV that shows no body part is refused with what it shows", "[picture]") {
  Image iuv(20, 16, 3);
  for (size_t i = 0; i < iuv.data.size(); i += 3) iuv.data[i + 1] = iuv.data[i + 2] = 99;
  const auto decoded = DecodeIuv(EncodePng(iuv).value(), "pose_iuv");
  REQUIRE_FALSE(decoded);
  CHECK(decoded.error().code == Code::kInvalidArgument);
  CHECK(decoded.error().field == "pose_iuv");
  CHECK(
      decoded.error().message ==
      "`pose_iuv` must be an IUV picture with a body part, 1..24 in R, somewhere. Given: R is 0 in "
      "all of 16 x 20 pixels");
  iuv.data[3 * 319] = 24;
  CHECK(DecodeIuv(EncodePng(iuv).value(), "pose_iuv"));
}

TEST_CASE("An encoded IUV names its chart, and decodes to the same pixels", "[picture]") {
  const Image iuv(20, 16, 3, 7);
  const std::string png = EncodeIuv(iuv, "densepose").value();
  CHECK(ReadPngText(png, "iuv_chart") == "densepose");
  CHECK(DecodeIuv(png, "iuv").value() == iuv);
}

TEST_CASE("An IUV is shrunk by picking pixels, like its picture in size", "[picture]") {
  Image iuv(100, 60, 3);
  for (size_t i = 0; i < iuv.data.size(); i += 3) {
    iuv.data[i] = i / 3 % 2 == 0 ? 2 : 20;
    iuv.data[i + 1] = i / 3 % 2 == 0 ? 0 : 255;
  }
  const Image small = ShrinkIuvToFit(iuv, 50);
  const Image picture = ShrinkToFit(Image(100, 60, 3), 50);
  REQUIRE(small.height == picture.height);
  REQUIRE(small.width == picture.width);
  for (size_t i = 0; i < small.data.size(); i += 3) {
    const bool left = small.data[i] == 2 && small.data[i + 1] == 0;
    const bool right = small.data[i] == 20 && small.data[i + 1] == 255;
    REQUIRE((left || right));
  }
  CHECK(ShrinkIuvToFit(iuv, 100) == iuv);
}

TEST_CASE("A large picture is shrunk to its long side, a small one stays", "[fit]") {
  const Image small = ShrinkToFit(Image(2000, 1000, 3, 90), 1024);
  CHECK(small.height == 1024);
  CHECK(small.width == 512);
  CHECK(small.at(500, 200)[1] == 90);
  CHECK(ShrinkToFit(Image(1024, 10, 3), 1024).width == 10);
}

TEST_CASE("A picture of another aspect is padded with its border's colour, not stretched",
          "[fit]") {
  Image wide(100, 200, 3, 50);
  wide.at(50, 100)[0] = 255;
  const Image padded = PadToAspect(wide, 256, 128);
  CHECK(padded.height == 400);
  CHECK(padded.width == 200);
  CHECK(padded.at(0, 0)[0] == 50);
  CHECK(padded.at(399, 199)[2] == 50);
  CHECK(padded.at(200, 100)[0] == 255);
  const Image iuv = PadIuvToAspect(wide, 256, 128);
  CHECK(iuv.at(0, 0)[0] == 0);
  CHECK(iuv.at(200, 100)[0] == 255);
  CHECK(PadToAspect(wide, 50, 100) == wide);
}

}  // namespace
}  // namespace atelier::imaging
