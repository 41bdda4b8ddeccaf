#include "picture/files/exif_orientation.h"

#include <catch2/catch.hpp>

#include "picture/picture_header.h"
#include "support/photograph_files.h"
#include "unit/server/test_pictures.h"

namespace atelier {
namespace {

void CheckTurned(const std::string& file, int orientation) {
  INFO("orientation " << orientation);
  const auto header = ReadPictureHeader(file, "picture");
  REQUIRE(header);
  CHECK(header->orientation == orientation);
  CHECK(header->width == (orientation >= 5 ? 48 : 64));
  CHECK(header->height == (orientation >= 5 ? 64 : 48));
}

}  // namespace

TEST_CASE("EXIF of either byte order states the orientation, with or without its mark", "[exif]") {
  for (int orientation = 1; orientation <= 8; ++orientation) {
    for (const bool little_endian : {false, true}) {
      const std::string exif = CameraExif(orientation, little_endian);
      CHECK(ReadExifOrientation(exif) == orientation);
      CHECK(ReadExifOrientation(std::string("Exif\0\0", 6) + exif) == orientation);
    }
    CHECK(ReadExifOrientation(MakeExifOrientation(orientation)) == orientation);
  }
}

TEST_CASE("An orientation that a writer has in another whole number is read, in no other type",
          "[exif]") {
  std::string exif = MakeExifOrientation(6);
  constexpr size_t kType = 13, kValue = 18;
  exif[kType] = 4;  // LONG
  CHECK(ReadExifOrientation(exif.substr(0, kValue) + std::string("\0\0\0\6", 4)) == 6);
  CHECK(ReadExifOrientation(exif.substr(0, kValue) + std::string("\0\1\0\6", 4)) == 1);
  exif[kType] = 1;  // BYTE
  CHECK(ReadExifOrientation(exif.substr(0, kValue) + std::string("\6\0\0\0", 4)) == 6);
  exif[kType] = 5;  // RATIONAL
  CHECK(ReadExifOrientation(exif.substr(0, kValue) + std::string("\0\0\0\6", 4)) == 1);
}

TEST_CASE("EXIF that is cut off or states no orientation that exists is upright", "[exif]") {
  const std::string exif = MakeExifOrientation(6);
  for (size_t size = 0; size < 20; ++size) CHECK(ReadExifOrientation(exif.substr(0, size)) == 1);
  CHECK(ReadExifOrientation(MakeExifOrientation(0)) == 1);
  CHECK(ReadExifOrientation(MakeExifOrientation(9)) == 1);
  std::string far = exif;
  far[4] = '\xff';
  CHECK(ReadExifOrientation(far) == 1);
  std::string many = MakeExifOrientation(6);
  many[8] = many[9] = '\xff';
  CHECK(ReadExifOrientation(many) == 6);
  many[11] = '\0';
  CHECK(ReadExifOrientation(many) == 1);
}

TEST_CASE("A picture on its side is as wide as it is shown, in every format", "[exif]") {
  for (int orientation = 1; orientation <= 8; ++orientation) {
    CheckTurned(AddJpegMetadata(server::JpegBytes(64, 48), orientation), orientation);
    CheckTurned(AddPngMetadata(server::PngBytes(64, 48), orientation), orientation);
    CheckTurned(AddWebpMetadata(server::WebpLossyBytes(64, 48), 64, 48, orientation), orientation);
    CheckTurned(AddWebpMetadata(server::WebpLosslessBytes(64, 48), 64, 48, orientation),
                orientation);
  }
}

TEST_CASE("A PNG states its orientation behind its pixels, too", "[exif]") {
  const std::string png = server::PngBytes(64, 48);
  const std::string marked = AddPngMetadata(png, 8);
  const size_t added = marked.find(png.substr(33)) - 33;
  const std::string end = png.substr(png.size() - 12);
  CheckTurned(png.substr(0, png.size() - 12) + marked.substr(33, added) + end, 8);
}

TEST_CASE("Limits hold for the sides as they are shown", "[exif]") {
  const std::string file = AddJpegMetadata(server::JpegBytes(8193, 64), 6);
  const auto header = ReadPictureHeader(file, "picture");
  REQUIRE_FALSE(header);
  CHECK_THAT(header.error().message, Catch::Contains("Given: 64 x 8193"));
}

}  // namespace atelier
