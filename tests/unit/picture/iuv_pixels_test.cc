// IUV pictures as others write them.
#include "picture/iuv_pixels.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "unit/picture/made_png.h"

namespace atelier {
namespace {

using Pixel = std::vector<uint16_t>;

/// 20 x 16 pixels, of which `person` fills the middle.
MadePng Around(const Pixel& wall, const Pixel& person, int bit_depth = 8) {
  MadePng picture{.height = 20, .width = 16, .bit_depth = bit_depth};
  picture.colour_type = wall.size() == 4 ? 6 : wall.size() == 3 ? 2 : 0;
  for (int i = 0; i < 320; ++i) {
    const bool inside = i / 16 > 4 && i / 16 < 15 && i % 16 > 4 && i % 16 < 11;
    const Pixel& pixel = inside ? person : wall;
    picture.samples.insert(picture.samples.end(), pixel.begin(), pixel.end());
  }
  return picture;
}

std::string Refusal(const MadePng& picture, IuvOrder order = IuvOrder::kIuv) {
  const std::string png = MakePng(picture);
  const Status checked = CheckIuvPixels({png, order, "pose_iuv"});
  REQUIRE_FALSE(checked);
  CHECK(checked.error().code == Code::kInvalidArgument);
  CHECK(checked.error().field == "pose_iuv");
  const auto read = ReadIuvPixels({png, order, "pose_iuv"});
  REQUIRE_FALSE(read);
  CHECK(read.error().message == checked.error().message);
  return checked.error().message;
}

Image Taken(const MadePng& picture, IuvOrder order = IuvOrder::kIuv) {
  const std::string png = MakePng(picture);
  const Status checked = CheckIuvPixels({png, order, "pose_iuv"});
  INFO((checked ? "" : checked.error().message));
  REQUIRE(checked);
  return ReadIuvPixels({png, order, "pose_iuv"}).value();
}

void CheckPerson(const Image& iuv) {
  REQUIRE(iuv.height == 20);
  REQUIRE(iuv.width == 16);
  REQUIRE(iuv.channels == 3);
  CHECK(iuv.at(0, 0)[0] == 0);
  CHECK(iuv.at(10, 8)[0] == 24);
  CHECK(iuv.at(10, 8)[1] == 200);
  CHECK(iuv.at(10, 8)[2] == 99);
}

TEST_CASE("An IUV in OpenCV's order is refused with the order it likely has, and taken with it",
          "[iuv]") {
  const MadePng reversed = Around({0, 0, 0}, {99, 200, 24});
  CHECK(Refusal(reversed) ==
        "`pose_iuv` must be an IUV picture with parts 0..24 in R. Given: 99; B holds 0..24: the "
        "channels seem to stand as V, U, part, as OpenCV writes them: say so with iuv_channels VUI "
        "(--iuv-channels vui)");
  CheckPerson(Taken(reversed, IuvOrder::kVui));
}

TEST_CASE("An IUV that is said to be in OpenCV's order and is not, is refused with its order",
          "[iuv]") {
  const MadePng straight = Around({0, 0, 0}, {24, 200, 99});
  CHECK_THAT(Refusal(straight, IuvOrder::kVui),
             Catch::Contains("parts 0..24 in B. Given: 99; R holds 0..24") &&
                 Catch::Contains("iuv_channels IUV"));
  CheckPerson(Taken(straight));
}

TEST_CASE("An IUV whose parts stand in the middle is refused: no order says that", "[iuv]") {
  CHECK_THAT(Refusal(Around({0, 0, 0}, {99, 24, 200})),
             Catch::Contains("Given: 99; G holds 0..24"));
}

TEST_CASE("An IUV without a part anywhere is refused", "[iuv]") {
  CHECK(Refusal(Around({0, 0, 0}, {0, 0, 0})) ==
        "`pose_iuv` must be an IUV picture with a body part, 1..24 in R, somewhere. Given: R is 0 "
        "in all of 16 x 20 pixels");
  CHECK_THAT(Refusal(Around({0, 0, 0}, {0, 0, 7})), Catch::Contains("B holds 0..7"));
}

TEST_CASE("Sixteen bits that hold 8-bit values are taken, as they are and widened", "[iuv]") {
  CheckPerson(Taken(Around({0, 0, 0}, {24, 200, 99}, 16)));
  CheckPerson(Taken(Around({0, 0, 0}, {24 * 257, 200 * 257, 99 * 257}, 16)));
  CheckPerson(Taken(Around({0, 0, 0}, {99, 200, 24}, 16), IuvOrder::kVui));
  CHECK_THAT(Refusal(Around({0, 0, 0}, {99, 200, 24}, 16)), Catch::Contains("iuv_channels VUI"));
}

TEST_CASE("Sixteen bits that hold more than 8 are refused", "[iuv]") {
  CHECK(Refusal(Around({0, 0, 0}, {24, 51400, 25443}, 16)) ==
        "`pose_iuv` must be an IUV picture of 8-bit values; 16 bits may hold 0..255, or 257 times "
        "it. Given: 24 beside 51400 in 16 bits");
}

TEST_CASE("Transparency is taken where it is none, or whole and then background", "[iuv]") {
  CheckPerson(Taken(Around({0, 0, 0, 255}, {24, 200, 99, 255})));
  CheckPerson(Taken(Around({255, 255, 255, 0}, {24, 200, 99, 255})));
  CheckPerson(Taken(Around({0, 0, 0, 65535}, {24, 200, 99, 65535}, 16)));
  CHECK_THAT(Refusal(Around({0, 0, 0, 255}, {24, 200, 99, 128})),
             Catch::Contains("Given: an alpha of 128"));
}

TEST_CASE("A grey picture and fractions cut to whole numbers are refused", "[iuv]") {
  CHECK_THAT(Refusal(Around({0}, {24})), Catch::Contains("Given: 1 channels: grey"));
  CHECK_THAT(Refusal(Around({0, 0, 0}, {24, 1, 0})), Catch::Contains("multiply them by 255"));
}

TEST_CASE("An IUV of palette colours, also an interlaced one, is read by its colours", "[iuv]") {
  MadePng picture = Around({0}, {3}, 2);
  picture.colour_type = 3;
  picture.palette = std::string("\0\0\0\1\2\3\4\5\6\x18\xc8\x63", 12);
  CheckPerson(Taken(picture));
  picture.interlaced = true;
  CheckPerson(Taken(picture));
  picture.palette.resize(9);
  CHECK_THAT(Refusal(picture), Catch::Contains("a colour that its palette lacks"));
}

TEST_CASE("Interlaced files of every depth have each pixel in its place", "[iuv]") {
  for (const int depth : {8, 16}) {
    MadePng picture{.height = 21, .width = 19, .bit_depth = depth};
    for (uint16_t i = 0; i < 21 * 19; ++i) {
      picture.samples.insert(picture.samples.end(),
                             {static_cast<uint16_t>(i % 25), static_cast<uint16_t>(i % 256),
                              static_cast<uint16_t>(i / 2 % 256)});
    }
    const Image straight = Taken(picture);
    picture.interlaced = true;
    CHECK(Taken(picture) == straight);
    CHECK(straight.at(20, 18)[1] == (21 * 19 - 1) % 256);
  }
}

TEST_CASE("An IUV file cut off anywhere, or with a byte changed, is refused or read, and no more",
          "[iuv]") {
  const std::string whole = MakePng(Around({0, 0, 0}, {24, 200, 99}));
  for (size_t length = 0; length + 12 < whole.size(); ++length) {
    CHECK_FALSE(ReadIuvPixels({whole.substr(0, length), IuvOrder::kIuv, "iuv"}));
  }
  // Behind the header, whose sides only ReadPictureHeader() limits.
  for (size_t at = 33; at < whole.size(); ++at) {
    std::string changed = whole;
    changed[at] = static_cast<char>(changed[at] ^ 0x55);
    const auto read = ReadIuvPixels({changed, IuvOrder::kIuv, "iuv"});
    if (read) CHECK(read->width == 16);
  }
}

}  // namespace
}  // namespace atelier
