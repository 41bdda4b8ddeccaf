#include "picture/picture_header.h"

#include <catch2/catch.hpp>

#include "unit/server/test_pictures.h"

namespace atelier::server {
namespace {

void CheckReads(const std::string& bytes, PictureFormat format) {
  const Result<PictureHeader> header = ReadPictureHeader(bytes, "picture");
  REQUIRE(header.has_value());
  CHECK(header->format == format);
  CHECK(header->width == 176);
  CHECK(header->height == 256);
}

void CheckRefused(const std::string& bytes, const std::string& rule) {
  const Result<PictureHeader> header = ReadPictureHeader(bytes, "spec.source");
  REQUIRE_FALSE(header.has_value());
  CHECK(header.error().code == Code::kInvalidArgument);
  CHECK(header.error().field == "spec.source");
  CHECK_THAT(header.error().message, Catch::Contains(rule));
}

}  // namespace

TEST_CASE("Every picture format tells its size and width is not taken for height", "[picture]") {
  CheckReads(PngBytes(176, 256), PictureFormat::kPng);
  CheckReads(JpegBytes(176, 256), PictureFormat::kJpeg);
  CheckReads(WebpLossyBytes(176, 256), PictureFormat::kWebp);
  CheckReads(WebpLosslessBytes(176, 256), PictureFormat::kWebp);
  CheckReads(WebpExtendedBytes(176, 256), PictureFormat::kWebp);
}

TEST_CASE("A file that is no picture is refused by its first bytes", "[picture]") {
  CheckRefused("", "a PNG, JPEG, WebP or HEIC file");
  CheckRefused("%PDF-1.7 not a picture at all", "a PNG, JPEG, WebP or HEIC file");
  CheckRefused("RIFF....WAVEfmt a sound", "a PNG, JPEG, WebP or HEIC file");
  CheckRefused("GIF89a", "a PNG, JPEG, WebP or HEIC file");
}

TEST_CASE("A picture cut off before its size is refused at every length", "[picture]") {
  const auto make = GENERATE(0, 1, 2, 3, 4);
  const std::string whole = make == 0   ? PngBytes(64, 64)
                            : make == 1 ? JpegBytes(64, 64)
                            : make == 2 ? WebpLossyBytes(64, 64)
                            : make == 3 ? WebpLosslessBytes(64, 64)
                                        : WebpExtendedBytes(64, 64);
  const size_t enough = make == 0 ? 24 : make == 1 ? 31 : 30;
  for (size_t size = 0; size < enough; ++size) {
    INFO("first " << size << " bytes");
    CHECK_FALSE(ReadPictureHeader(whole.substr(0, size), "picture").has_value());
  }
  CHECK(ReadPictureHeader(whole, "picture").has_value());
}

TEST_CASE("A picture cut off after its size is not whole, at whatever byte", "[picture]") {
  const std::string png = PngBytes(64, 64, "pixels");
  const std::string jpeg = JpegBytes(64, 64);
  const std::string webp = WebpLossyBytes(64, 64);
  for (const std::string& whole : {png, jpeg, webp}) {
    REQUIRE(CheckPictureWhole(whole, "picture").has_value());
    // What comes after a picture's end is none of its business.
    CHECK(CheckPictureWhole(whole + "more", "picture").has_value());
  }
  for (size_t size = 0; size < png.size(); ++size) {
    CHECK_FALSE(CheckPictureWhole(png.substr(0, size), "picture").has_value());
  }
  for (size_t size = 0; size < jpeg.size(); ++size) {
    CHECK_FALSE(CheckPictureWhole(jpeg.substr(0, size), "picture").has_value());
  }
  // Its trailing zeros are not in the length it gives.
  for (size_t size = 0; size < webp.size() - 16; ++size) {
    CHECK_FALSE(CheckPictureWhole(webp.substr(0, size), "picture").has_value());
  }
  const Status cut = CheckPictureWhole(png.substr(0, 40), "spec.source");
  CHECK(cut.error().code == Code::kInvalidArgument);
  CHECK(cut.error().field == "spec.source");
  CHECK_THAT(cut.error().message, Catch::Contains("whole PNG") && Catch::Contains("40 bytes"));
}

TEST_CASE("A PNG without pixels, or whose chunk lies about its length, is not whole", "[picture]") {
  const std::string png = PngBytes(64, 64, "pixels");
  std::string no_pixels = png;
  no_pixels.replace(no_pixels.find("IDAT"), 4, "tEXt");
  CHECK_FALSE(CheckPictureWhole(no_pixels, "picture").has_value());
  for (const char high : {'\x7f', '\xff'}) {
    std::string long_chunk = png;
    long_chunk[long_chunk.find("IDAT") - 4] = high;
    CHECK_FALSE(CheckPictureWhole(long_chunk, "picture").has_value());
  }
}

TEST_CASE("The end of a thumbnail inside of a JPEG is not the JPEG's end", "[picture]") {
  const std::string thumbnail = "thumbnail \xff\xd9";
  std::string segment("\xff\xe1", 2);
  segment += std::string({'\0', static_cast<char>(thumbnail.size() + 2)}) + thumbnail;
  std::string jpeg = JpegBytes(64, 64);
  jpeg.insert(2, segment);
  CHECK(CheckPictureWhole(jpeg, "picture").has_value());
  CHECK_FALSE(CheckPictureWhole(jpeg.substr(0, jpeg.size() - 2), "picture").has_value());
}

TEST_CASE("A 1 x 1 picture and a bomb are refused by their size", "[picture]") {
  CheckRefused(PngBytes(1, 1), "16 to 8192 pixels a side. Given: 1 x 1");
  CheckRefused(PngBytes(64, 15), "16 to 8192 pixels a side");
  CheckRefused(PngBytes(8193, 64), "16 to 8192 pixels a side");
  CheckRefused(PngBytes(0xffffffff, 0xffffffff), "16 to 8192 pixels a side");
  CheckRefused(WebpExtendedBytes(1 << 24, 1 << 24), "16 to 8192 pixels a side");
  CheckRefused(JpegBytes(8192, 8192), "at most 50000000 pixels in all");
  CHECK(ReadPictureHeader(PngBytes(8064, 6048), "picture").has_value());
  CHECK(ReadPictureHeader(PngBytes(16, 16), "picture").has_value());
}

TEST_CASE("A file of more than 32 MiB is refused however it begins", "[picture]") {
  const std::string most =
      PngBytes(64, 64) + std::string((32 << 20) - PngBytes(64, 64).size(), 'x');
  CHECK(ReadPictureHeader(most, "picture").has_value());
  CheckRefused(most + "x", "at most 33554432 bytes");
}

TEST_CASE("A JPEG with a broken segment does not lead astray", "[picture]") {
  std::string zero_length = JpegBytes(64, 64);
  zero_length[4] = zero_length[5] = '\0';
  CheckRefused(zero_length, "a whole PNG, JPEG, WebP or HEIC file");
  CheckRefused(std::string("\xff\xd8\xff\xda\x00\x08", 6) + JpegBytes(64, 64), "a whole");
}

}  // namespace atelier::server
