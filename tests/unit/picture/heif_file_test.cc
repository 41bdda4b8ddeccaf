#include "picture/files/heif_file.h"

#include <catch2/catch.hpp>

#include "base/random.h"
#include "picture/files/byte_order.h"
#include "picture/picture_header.h"
#include "picture/picture_metadata.h"
#include "support/photograph_files.h"

namespace atelier {
namespace {

constexpr size_t kBrandsBytes = 24;

/// The file with one box's type, the first of its name, overwritten.
std::string Renamed(std::string file, const std::string& from, const std::string& to) {
  REQUIRE(file.find(from) != std::string::npos);
  return file.replace(file.find(from), 4, to);
}

/// The file with the four bytes at `offset` behind the first `name` overwritten.
std::string Patched(std::string file, const std::string& name, size_t offset, uint32_t value) {
  std::string bytes;
  AppendBigEndian(value, 4, bytes);
  return file.replace(file.find(name) + 4 + offset, 4, bytes);
}

void CheckSize(const std::string& file, int width, int height) {
  const auto header = ReadPictureHeader(file, "picture");
  REQUIRE(header);
  CHECK(header->format == PictureFormat::kHeic);
  CHECK(header->orientation == 1);
  CHECK(header->width == width);
  CHECK(header->height == height);
  CHECK(CheckPictureWhole(file, "picture"));
}

bool IsRefused(const std::string& file) {
  const auto header = ReadPictureHeader(file, "picture");
  if (!header) return header.error().field == "picture";
  return !CheckPictureWhole(file, "picture");
}

}  // namespace

TEST_CASE("A HEIC file tells the size of its primary picture, not of its thumbnail", "[heif]") {
  CheckSize(MakeHeic(UndecodableHevc(64, 48)), 64, 48);
  CheckSize(MakeHeic(UndecodableHevc(64, 48), {.metadata = false}), 64, 48);
}

TEST_CASE("The tiles of a HEIC file make a picture of the grid's size", "[heif]") {
  const HevcPicture tile = UndecodableHevc(512, 512);
  CheckSize(MakeHeic(tile, {.rows = 12, .columns = 15}), 7680, 6144);
  CheckSize(MakeHeic(tile, {.rows = 12, .columns = 16, .grid_width = 8064, .grid_height = 6048}),
            8064, 6048);
  CheckSize(
      MakeHeic(
          tile,
          {.rows = 12, .columns = 16, .grid_width = 8064, .grid_height = 6048, .quarter_turns = 3}),
      6048, 8064);
}

TEST_CASE("A HEIC file's rotation and clean aperture are part of its size, its EXIF is not",
          "[heif]") {
  const HevcPicture picture = UndecodableHevc(64, 48);
  CheckSize(MakeHeic(picture, {.quarter_turns = 1}), 48, 64);
  CheckSize(MakeHeic(picture, {.quarter_turns = 2}), 64, 48);
  // 61 x 47 of 64 x 48 pixels, a pixel and a half off the middle to the left, half a one down.
  const std::vector<uint32_t> aperture = {61, 1, 47, 1, static_cast<uint32_t>(-3), 2, 1, 2};
  CheckSize(MakeHeic(picture, {.clean_aperture = aperture}), 61, 47);
  CheckSize(MakeHeic(picture, {.quarter_turns = 1, .clean_aperture = aperture}), 47, 61);
  CHECK(IsRefused(MakeHeic(picture, {.clean_aperture = {61, 0, 47, 0, 0, 0, 0, 0}})));
  CHECK(IsRefused(MakeHeic(picture, {.clean_aperture = {1, 1, 1, 1, 0, 1, 0, 1}})));
}

TEST_CASE("A HEIC file is recognised by any brand of HEVC-coded pictures, an AVIF is not",
          "[heif]") {
  const std::string file = MakeHeic(UndecodableHevc(64, 48));
  for (const char* brand : {"heic", "heix", "hevc", "mif1", "msf1"}) {
    for (const std::string& brands : {brand + std::string(4, '\0') + "abcdefgh",
                                      "MSNV" + std::string(4, '\0') + "abcd" + brand}) {
      CheckSize(MakeBox("ftyp", brands) + file.substr(kBrandsBytes), 64, 48);
    }
  }
  const std::string avif = MakeBox("ftyp", "avif" + std::string(4, '\0') + "mif1");
  const auto header = ReadPictureHeader(avif + file.substr(kBrandsBytes), "picture");
  CHECK_THAT(header.error().message,
             Catch::Contains("must be a PNG, JPEG, WebP or HEIC file. Given: "));
  CHECK(IsRefused(Renamed(file, "hvc1", "av01")));
}

TEST_CASE("A HEIC file cut off anywhere is refused", "[heif]") {
  const std::string file = MakeHeic(UndecodableHevc(64, 48), {.metadata = false});
  for (size_t size = 0; size < file.size(); ++size) {
    INFO("first " << size << " bytes");
    CHECK(IsRefused(file.substr(0, size)));
  }
}

TEST_CASE("A HEIC file without a box that a picture needs is refused", "[heif]") {
  const HevcPicture tile = UndecodableHevc(64, 48);
  const std::string file = MakeHeic(tile, {.rows = 2, .columns = 2});
  for (const char* box :
       {"meta", "pitm", "iinf", "iprp", "ipco", "ipma", "iloc", "mdat", "iref", "dimg"}) {
    INFO(box);
    CHECK(IsRefused(Renamed(file, box, "free")));
  }
  CHECK(IsRefused(file + file.substr(kBrandsBytes)));  // Two meta boxes.
  CHECK(IsRefused(Renamed(MakeHeic(tile), "hvcC", "free")));
}

TEST_CASE("A HEIC file whose pictures are larger than it states is refused", "[heif]") {
  HevcPicture picture = UndecodableHevc(16384, 16384);
  picture.width = picture.height = 64;
  CHECK(IsRefused(MakeHeic(picture)));
  // The same among the units of the picture.
  HevcPicture hidden = UndecodableHevc(64, 48);
  const std::string set = picture.set_up.substr(28);
  AppendBigEndian(set.size(), 4, hidden.data);
  hidden.data += set;
  CHECK(IsRefused(MakeHeic(hidden)));
  const HevcPicture tile = UndecodableHevc(64, 48);
  const HeicOptions grid{.rows = 2, .columns = 2};
  const std::string file = MakeHeic(tile, grid);
  CHECK_FALSE(IsRefused(file));
  // A grid that describes itself as another size than its item states.
  std::string description("\0\0\1\1\0\x80\0\x60", 8);
  REQUIRE(file.find(description) != std::string::npos);
  std::string other = file;
  other.replace(file.find(description), 8, std::string("\0\0\1\1\x7f\xff\x7f\xff", 8));
  CHECK(IsRefused(other));
  other.replace(file.find(description), 8, std::string("\0\0\xff\1\0\x80\0\x60", 8));
  CHECK(IsRefused(other));
  // More pixels in tiles than any picture has.
  CHECK(IsRefused(MakeHeic(UndecodableHevc(4096, 4096),
                           {.rows = 3, .columns = 4, .grid_width = 64, .grid_height = 64})));
}

TEST_CASE("Lengths and counts that lie do not lead a HEIC reader astray", "[heif]") {
  const std::string file = MakeHeic(UndecodableHevc(64, 48), {.rows = 2, .columns = 2});
  int refused = 0;
  for (const char* box : {"meta", "iinf", "infe", "iref", "dimg", "iprp", "ipco", "ispe", "hvcC",
                          "ipma", "iloc", "mdat", "pitm"}) {
    for (const uint32_t size : {0u, 1u, 7u, 0x7fffffffu, 0xffffffffu}) {
      INFO(box << " of " << size << " bytes");
      std::string other = file;
      std::string bytes;
      AppendBigEndian(size, 4, bytes);
      other.replace(file.find(box) - 4, 4, bytes);
      // Whatever it says now: it is read in time, and nothing outside of it.
      refused += IsRefused(other);
    }
    for (size_t offset = 0; offset < 12; offset += 4) {
      refused += IsRefused(Patched(file, box, offset, 0xffffffff));
    }
  }
  // Of 104 lies, 91; the others are about what no reader needs, e.g. the length of the media data.
  CHECK(refused >= 85);
}

TEST_CASE("Metadata is removed from any HEIC file that is taken", "[heif]") {
  const std::string file = MakeHeic(UndecodableHevc(64, 48), {.rows = 2, .columns = 2});
  Random random(5);
  int taken = 0;
  for (int i = 0; i < 20000; ++i) {
    std::string other = file;
    for (int changes = random.Index(3); changes >= 0; --changes) {
      other[static_cast<size_t>(random.Index(static_cast<int>(file.size())))] =
          static_cast<char>(random.Index(256));
    }
    if (IsRefused(other)) continue;
    ++taken;
    const std::string cleaned = RemovePictureMetadata(other);
    REQUIRE_FALSE(IsRefused(cleaned));
    REQUIRE(RemovePictureMetadata(cleaned) == cleaned);
  }
  CHECK(taken > 1000);
}

}  // namespace atelier
