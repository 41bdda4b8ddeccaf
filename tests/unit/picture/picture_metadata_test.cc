#include "picture/picture_metadata.h"

#include <catch2/catch.hpp>

#include "picture/files/exif_orientation.h"
#include "picture/files/png_chunk.h"
#include "picture/picture_header.h"
#include "picture/png_text.h"
#include "support/photograph_files.h"
#include "unit/server/test_pictures.h"

namespace atelier {
namespace {

/// Removes the metadata and checks what holds for every picture.
std::string Cleaned(const std::string& file) {
  REQUIRE(file.find(kSecret) != std::string::npos);
  const auto before = ReadPictureHeader(file, "picture");
  REQUIRE(before);
  REQUIRE(CheckPictureWhole(file, "picture"));
  std::string cleaned = RemovePictureMetadata(file);
  CHECK(cleaned.find(kSecret) == std::string::npos);
  CHECK(cleaned.find("secr") == std::string::npos);
  CHECK(cleaned.size() <= file.size());
  const auto after = ReadPictureHeader(cleaned, "picture");
  REQUIRE(after);
  CHECK(CheckPictureWhole(cleaned, "picture"));
  CHECK(after->format == before->format);
  CHECK(after->orientation == before->orientation);
  CHECK(after->height == before->height);
  CHECK(after->width == before->width);
  CHECK(RemovePictureMetadata(cleaned) == cleaned);
  return cleaned;
}

std::string Segment(char marker, const std::string& payload) {
  const size_t length = payload.size() + 2;
  return std::string("\xff") + marker + static_cast<char>(length >> 8) +
         static_cast<char>(length & 0xff) + payload;
}

}  // namespace

TEST_CASE("A JPEG keeps of its metadata the orientation alone", "[metadata]") {
  const std::string jpeg = server::JpegBytes(64, 48);
  const std::string plain = RemovePictureMetadata(jpeg);
  for (int orientation = 1; orientation <= 8; ++orientation) {
    const std::string cleaned = Cleaned(AddJpegMetadata(jpeg, orientation));
    if (orientation == 1) {
      CHECK(cleaned == plain);
    } else {
      const std::string exif = std::string("Exif\0\0", 6) + MakeExifOrientation(orientation);
      CHECK(cleaned == plain.substr(0, 2) + Segment('\xe1', exif) + plain.substr(2));
    }
  }
}

TEST_CASE("A JPEG keeps what its colours depend on, without what is hidden beside it",
          "[metadata]") {
  const std::string jpeg = RemovePictureMetadata(server::JpegBytes(64, 48));
  const std::string jfif("JFIF\0\1\2\1\0\x48\0\x48\0\0", 14);
  std::string with_thumbnail = jfif;
  with_thumbnail[12] = with_thumbnail[13] = 2;
  const std::string adobe("Adobe\0\x64\0\0\0\0\1", 12);
  const std::string profile = Segment('\xe2', std::string("ICC_PROFILE\0\1\1colours", 21));
  const std::string rest = jpeg.substr(2);
  const std::string file = jpeg.substr(0, 2) + Segment('\xe0', with_thumbnail + "secret pixels") +
                           profile + Segment('\xee', adobe + "secret") + rest;
  CHECK(Cleaned(file) ==
        jpeg.substr(0, 2) + Segment('\xe0', jfif) + profile + Segment('\xee', adobe) + rest);
}

TEST_CASE("A JPEG's comments between scans go, its entropy-coded data stays", "[metadata]") {
  const std::string jpeg = RemovePictureMetadata(server::JpegBytes(64, 48));
  const std::string head = jpeg.substr(0, jpeg.size() - 2);
  const std::string scan = Segment('\xda', "scan") + std::string("data\xff\0data\xff\xd0more", 15);
  const std::string end = "\xff\xd9";
  const std::string file =
      head + "secret" + scan + Segment('\xfe', "secret") + scan + Segment('\xe5', "secret") + end;
  CHECK(Cleaned(file) == head + scan + scan + end);
}

TEST_CASE("A PNG keeps what it is shown by, and its orientation", "[metadata]") {
  std::string file = server::PngBytes(64, 48, "pixels");
  std::string shown;
  AppendPngChunk("gAMA", "1234", shown);
  AppendPngChunk("iCCP", "profile", shown);
  AppendPngChunk("tRNS", "123456", shown);
  file.insert(33, shown);
  CHECK(Cleaned(AddPngMetadata(file, 1)) == file);
  std::string turned = file;
  std::string exif;
  AppendPngChunk("eXIf", MakeExifOrientation(6), exif);
  turned.insert(33, exif);
  CHECK(Cleaned(AddPngMetadata(file, 6)) == turned);
}

TEST_CASE("An IUV picture keeps the text that names its chart", "[metadata]") {
  const std::string iuv = AddPngText(server::PngBytes(64, 48), "iuv_chart", "densepose");
  CHECK(RemovePictureMetadata(iuv) == iuv);
  const std::string cleaned = Cleaned(AddPngMetadata(iuv, 1));
  CHECK(ReadPngText(cleaned, "iuv_chart") == "densepose");
  CHECK_FALSE(ReadPngText(cleaned, "Author"));
  CHECK(cleaned.find("tIME") == std::string::npos);
}

TEST_CASE("A WebP's length and flags fit what is left of it", "[metadata]") {
  for (const std::string& webp :
       {server::WebpLossyBytes(64, 48), server::WebpLosslessBytes(64, 48)}) {
    const std::string plain = Cleaned(AddWebpMetadata(webp, 64, 48, 1));
    CHECK(plain.substr(12, 4) == "VP8X");
    CHECK(plain[20] == 0);
    CHECK(static_cast<size_t>(static_cast<uint8_t>(plain[4])) == plain.size() - 8);
    const std::string turned = Cleaned(AddWebpMetadata(webp, 64, 48, 6));
    CHECK(turned[20] == 8);
    CHECK(turned.find(MakeExifOrientation(6)) != std::string::npos);
  }
}

TEST_CASE("A WebP whose chunk lies about its length is not whole", "[metadata]") {
  std::string webp = server::WebpLossyBytes(64, 48);
  CHECK(CheckPictureWhole(webp, "picture"));
  webp[16] = '\x7f';
  CHECK_FALSE(CheckPictureWhole(webp, "picture"));
}

TEST_CASE("A HEIC file keeps its picture alone, in its place", "[metadata]") {
  const HevcPicture picture = UndecodableHevc(64, 48);
  for (const uint32_t side : {0u, 2u}) {
    const std::string file = MakeHeic(picture, {.rows = side, .columns = side, .quarter_turns = 1});
    const std::string cleaned = Cleaned(file);
    CHECK(cleaned.find(picture.data) == file.find(picture.data));
    CHECK(cleaned.find(picture.set_up) == file.find(picture.set_up));
    CHECK(cleaned.find("Exif") == std::string::npos);
    CHECK(cleaned.find("mime") == std::string::npos);
    CHECK(cleaned.find("moov") == std::string::npos);
  }
}

TEST_CASE("What is without metadata is left as it is", "[metadata]") {
  const std::string png = server::PngBytes(64, 48, "pixels");
  CHECK(RemovePictureMetadata(png) == png);
  CHECK(RemovePictureMetadata("no picture") == "no picture");
  const std::string jpeg = AddJpegMetadata(server::JpegBytes(64, 48), 3);
  CHECK(RemovePictureMetadata(RemovePictureMetadata(jpeg)) == RemovePictureMetadata(jpeg));
}

}  // namespace atelier
