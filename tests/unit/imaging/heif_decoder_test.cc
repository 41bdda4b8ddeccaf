#include "imaging/heif_decoder.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>

#include "imaging/picture_codec.h"
#include "picture/files/heif_grid.h"
#include "picture/picture_header.h"
#include "picture/picture_metadata.h"
#include "support/photograph_files.h"
#include "unit/imaging/encoded_heic.h"

namespace atelier::imaging {
namespace {

/// Red in the top left quarter, green right of it, blue below, and a slope in the last quarter.
Image FourQuarters(int height, int width) {
  Image image(height, width, 3);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      uint8_t* const pixel = image.at(y, x);
      const bool top = y < height / 2;
      const bool left = x < width / 2;
      if (top) pixel[left ? 0 : 1] = 220;
      if (!top && left) pixel[2] = 220;
      if (!top && !left) pixel[0] = pixel[1] = pixel[2] = static_cast<uint8_t>(255 * x / width);
    }
  }
  return image;
}

int LargestDifference(const Image& a, const Image& b) {
  REQUIRE(a.height == b.height);
  REQUIRE(a.width == b.width);
  int largest = 0;
  for (size_t i = 0; i < a.data.size(); ++i) {
    largest = std::max(largest, std::abs(int{a.data[i]} - int{b.data[i]}));
  }
  return largest;
}

Image Decoded(const std::string& file, int longest = 0) {
  const auto image = DecodePicture(file, "picture", longest);
  if (!image) FAIL(image.error().message);
  return *image;
}

/// The channel that is bright at a place given in parts of the sides; 3 when all are alike.
int BrightAt(const Image& image, double y, double x) {
  const uint8_t* const pixel =
      image.at(static_cast<int>(y * image.height), static_cast<int>(x * image.width));
  for (int c = 0; c < 3; ++c) {
    if (pixel[c] > 170 && pixel[(c + 1) % 3] < 80 && pixel[(c + 2) % 3] < 80) return c;
  }
  return 3;
}

}  // namespace

TEST_CASE("A HEIC picture decodes to RGB", "[heic]") {
  const Image image = FourQuarters(64, 96);
  for (const HeicChroma chroma : {HeicChroma::k420, HeicChroma::k444}) {
    const std::string file = EncodeHeic(image, chroma);
    CHECK(ReadPictureHeader(file, "picture")->format == PictureFormat::kHeic);
    CHECK(LargestDifference(Decoded(file), image) < 24);
  }
}

TEST_CASE("A HEIC picture's transparency is laid on white", "[heic]") {
  Image image(64, 64, 4);
  for (int y = 0; y < 64; ++y) {
    for (int x = 0; x < 64; ++x) image.at(y, x)[3] = x < 32 ? 255 : 0;
  }
  const std::string file = EncodeHeic(image);
  const Image decoded = Decoded(file);
  CHECK(decoded.at(32, 8)[1] < 12);
  CHECK(decoded.at(32, 56)[1] > 243);
  CHECK(Decoded(RemovePictureMetadata(file)) == decoded);
}

TEST_CASE("A HEIC picture is turned by its own rotation, and never again by its EXIF", "[heic]") {
  // Its EXIF says 6.
  const HevcPicture picture = HevcOf(EncodeHeic(FourQuarters(64, 96)));
  const Image upright = Decoded(MakeHeic(picture));
  CHECK(upright.width == 96);
  CHECK(BrightAt(upright, 0.2, 0.2) == 0);
  CHECK(BrightAt(upright, 0.2, 0.8) == 1);
  CHECK(BrightAt(upright, 0.8, 0.2) == 2);
  const Image turned = Decoded(MakeHeic(picture, {.quarter_turns = 1}));
  CHECK(turned.width == 64);
  CHECK(turned.height == 96);
  CHECK(BrightAt(turned, 0.2, 0.2) == 1);
  CHECK(BrightAt(turned, 0.8, 0.2) == 0);
  CHECK(BrightAt(turned, 0.8, 0.8) == 2);
}

TEST_CASE("A HEIC picture of tiles, with what telephones put beside it, decodes", "[heic]") {
  const HevcPicture tile = HevcOf(EncodeHeic(FourQuarters(64, 64)));
  const Image image =
      Decoded(MakeHeic(tile, {.rows = 2, .columns = 3, .grid_width = 180, .grid_height = 120}));
  CHECK(image.width == 180);
  CHECK(image.height == 120);
  const Image one = Decoded(MakeHeic(tile));
  CHECK(std::equal(image.at(5, 64), image.at(5, 128), one.at(5, 0)));
  CHECK(std::equal(image.at(70, 128), image.at(70, 180), one.at(6, 0)));
}

TEST_CASE("A clean aperture leaves as many pixels as the header says", "[heic]") {
  const HevcPicture picture = HevcOf(EncodeHeic(FourQuarters(64, 64)));
  for (const uint32_t width : {64u, 63u, 50u, 33u}) {
    for (const int offset : {-3, 0, 5}) {
      const HeicOptions options{
          .clean_aperture = {width, 1, 41, 1, static_cast<uint32_t>(offset), 2, 1, 2}};
      const std::string file = MakeHeic(picture, options);
      INFO(width << " wide, " << offset << " halves off the middle");
      const Image image = Decoded(file);
      CHECK(image.width == ReadPictureHeader(file, "picture")->width);
      CHECK(image.height == 41);
    }
  }
}

TEST_CASE("Removing a HEIC file's metadata changes no pixel", "[heic]") {
  const HevcPicture tile = HevcOf(EncodeHeic(FourQuarters(64, 64)));
  for (const int turns : {0, 1, 2, 3}) {
    for (const uint32_t side : {0u, 2u}) {
      const std::string file =
          MakeHeic(tile, {.rows = side, .columns = side, .quarter_turns = turns});
      const std::string cleaned = RemovePictureMetadata(file);
      CHECK(cleaned != file);
      CHECK(cleaned.find(kSecret) == std::string::npos);
      CHECK(Decoded(cleaned) == Decoded(file));
    }
  }
}

TEST_CASE("A reduced HEIC picture has the colours of the whole one", "[heic]") {
  const Image image = FourQuarters(256, 384);
  const std::string file = EncodeHeic(image);
  const Image small = Decoded(file, 100);
  REQUIRE(small.width == 192);
  REQUIRE(small.height == 128);
  CHECK(BrightAt(small, 0.2, 0.2) == 0);
  CHECK(BrightAt(small, 0.2, 0.8) == 1);
  CHECK(BrightAt(small, 0.8, 0.2) == 2);
}

TEST_CASE("A HEIC picture reduced tile by tile is the whole one reduced", "[heic]") {
  const HevcPicture tile = HevcOf(EncodeHeic(FourQuarters(64, 128)));
  for (const int turns : {0, 1, 2, 3}) {
    for (const uint32_t width : {384u, 376u}) {
      const std::string file = MakeHeic(tile, {.rows = 3,
                                               .columns = 3,
                                               .grid_width = width,
                                               .grid_height = 184,
                                               .quarter_turns = turns});
      // Seen through a clean aperture of everything, it is decoded in one piece.
      const std::string in_one = MakeHeic(tile, {.rows = 3,
                                                 .columns = 3,
                                                 .grid_width = width,
                                                 .grid_height = 184,
                                                 .quarter_turns = turns,
                                                 .clean_aperture = {width, 1, 184, 1, 0, 1, 0, 1}});
      CHECK(ReadHeifGrid(file));
      CHECK_FALSE(ReadHeifGrid(in_one));
      CHECK(Decoded(in_one) == Decoded(file));
      for (const int longest : {180, 90, 40}) {
        INFO(turns << " turns of " << width << " to " << longest);
        const Image by_tiles = Decoded(file, longest);
        const Image whole = Decoded(in_one, longest);
        REQUIRE(by_tiles.height == whole.height);
        REQUIRE(by_tiles.width == whole.width);
        CHECK(LargestDifference(by_tiles, whole) <= 1);
      }
    }
  }
}

TEST_CASE("A HEIC file of broken data is refused with the field's name", "[heic]") {
  HevcPicture picture = HevcOf(EncodeHeic(FourQuarters(64, 96)));
  const std::string whole = MakeHeic(picture);
  for (const HevcPicture& broken :
       {UndecodableHevc(64, 96),
        HevcPicture{picture.set_up, picture.data.substr(0, 60), picture.width, picture.height},
        HevcPicture{picture.set_up, picture.data, 80, 96}}) {
    const auto image = DecodePicture(MakeHeic(broken), "source");
    REQUIRE_FALSE(image);
    CHECK(image.error().code == Code::kInvalidArgument);
    CHECK(image.error().field == "source");
  }
  CHECK_FALSE(DecodePicture(whole.substr(0, whole.size() / 2), "source"));
  CHECK_FALSE(DecodeIuv(whole, "iuv"));
}

}  // namespace atelier::imaging
