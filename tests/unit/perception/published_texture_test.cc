#include "perception/texture/published_texture.h"

#include <array>
#include <catch2/catch.hpp>
#include <cstdint>
#include <fstream>
#include <iterator>

#include "base/body.h"
#include "imaging/picture_codec.h"
#include "perception/texture/telea.h"
#include "perception/texture/texture_maker.h"
#include "support/temp_dir.h"

namespace atelier::perception {
namespace {

/// FNV-1a of every tile, without charts and with a disc for each, by OpenCV 4.6.0 of PyPI:
/// tools/published_texture_goldens.py.
constexpr std::array<std::array<uint64_t, 2>, kBodyPartCount> kGoldens = {{
    {0x9e5944c30a101bf5u, 0x0bb78ec11356a30fu}, {0xdddf1f19011b372au, 0xdafcfef29f67bf00u},
    {0x807e84c1d68e6e64u, 0x20d41ea0c480ee4cu}, {0x9e5944c30a101bf5u, 0x0bb78ec11356a30fu},
    {0x8b44091a0e25d590u, 0x5e5450232ed05f7au}, {0x442b4237a51e81deu, 0xa50a80ae46ea365fu},
    {0x119d85a2275a4bd1u, 0x92e4a0f43c101a27u}, {0x8b44091a0e25d590u, 0x5e5450232ed05f7au},
    {0xef1832cc54ba660au, 0x90d4497023b465a9u}, {0xba33b5c8d3c63423u, 0xba53feb5c3ee73d3u},
    {0x94162419fecf43ceu, 0x09fa1b7ce1a5127au}, {0xef1832cc54ba660au, 0x90d4497023b465a9u},
    {0xdc0c7b546b70fb58u, 0x5d2675f0908eacc6u}, {0x12aac97814634eb7u, 0x870cf889f59b4d73u},
    {0xd3aa219d864510b7u, 0x331d5443f0b811dfu}, {0xdc0c7b546b70fb58u, 0x5d2675f0908eacc6u},
    {0x538856c476a36984u, 0x8a77886939f80ee0u}, {0xb4141ce115ae0003u, 0x1cff381cf2b0a788u},
    {0x6f7bd7e6c3a5fb63u, 0x6c4bbd649570867du}, {0x538856c476a36984u, 0x8a77886939f80ee0u},
    {0x09235ced05d0c684u, 0x1af783e7db7b4e28u}, {0xad4ad6f10c0322e1u, 0x2f2b43942e6a52d0u},
    {0x1faeb9fb9d128d92u, 0x08667557b9ac350du}, {0x09235ced05d0c684u, 0x1af783e7db7b4e28u},
}};

Image Example() {
  std::ifstream file(ATELIER_SOURCE_DIR "/examples/people/ada.png", std::ios::binary);
  const std::string bytes(std::istreambuf_iterator<char>(file), {});
  auto picture = imaging::DecodePicture(bytes, "picture");
  REQUIRE(picture.has_value());
  return *picture;
}

/// Every part, with holes and folds.
Image MadeUpIuv(int height, int width) {
  Image iuv(height, width, 3);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      if ((x * 7 + y * 13) % 11 < 5) continue;
      uint8_t* code = iuv.at(y, x);
      code[0] = static_cast<uint8_t>(1 + y / 43 * 4 + x / 44);
      code[1] = static_cast<uint8_t>(((x % 44) * 255 / 43 + 20 * (y % 7)) % 256);
      code[2] = static_cast<uint8_t>((y % 43) * 255 / 42);
    }
  }
  return iuv;
}

Image Discs() {
  Image charts(6 * kPublishedTile, 4 * kPublishedTile, 1);
  for (int y = 0; y < charts.height; ++y) {
    for (int x = 0; x < charts.width; ++x) {
      const int row = 2 * (y % kPublishedTile) - 199, column = 2 * (x % kPublishedTile) - 199;
      if (row * row + column * column <= 190 * 190) *charts.at(y, x) = 255;
    }
  }
  return charts;
}

uint64_t TileHash(const Image& atlas, int part) {
  uint64_t hash = 0xcbf29ce484222325u;
  const int top = (part - 1) / 6 * kPublishedTile, left = (part - 1) % 6 * kPublishedTile;
  for (int row = 0; row < kPublishedTile; ++row) {
    const uint8_t* bytes = atlas.at(top + row, left);
    for (int i = 0; i < 3 * kPublishedTile; ++i) hash = (hash ^ bytes[i]) * 0x100000001b3u;
  }
  return hash;
}

void WriteFile(const std::filesystem::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

/// A layout whose every pixel shows part 2 at (column 7, row 9).
Image OneTexelLayout() {
  Image smpl(512, 512, 3);
  for (size_t i = 0; i < smpl.data.size(); i += 3) {
    smpl.data[i] = 2;
    smpl.data[i + 1] = 7;
    smpl.data[i + 2] = 9;
  }
  return smpl;
}

}  // namespace

TEST_CASE("The published atlas is the reference's, pixel for pixel, with and without charts") {
  const Image picture = Example();
  const Image iuv = MadeUpIuv(picture.height, picture.width);
  const Image plain = PublishedAtlas(picture, iuv, {});
  const Image charted = PublishedAtlas(picture, iuv, Discs());
  REQUIRE(plain.height == 800);
  REQUIRE(plain.width == 1200);
  for (int part = 1; part <= kBodyPartCount; ++part) {
    INFO("part " << part);
    CHECK(TileHash(plain, part) == kGoldens[part - 1][0]);
    CHECK(TileHash(charted, part) == kGoldens[part - 1][1]);
  }
}

TEST_CASE("A part nobody sees and a part that is black all over stay black") {
  Image picture(4, 4, 3), iuv(4, 4, 3);
  for (int x = 0; x < 4; ++x) *iuv.at(0, x) = 5;
  const Image atlas = PublishedAtlas(picture, iuv, {});
  CHECK(atlas == Image(800, 1200, 3));
}

TEST_CASE("A hole between two colours is filled with something between them") {
  Image picture(9, 9, 3), holes(9, 9, 1);
  for (int y = 0; y < 9; ++y) {
    for (int x = 0; x < 9; ++x) {
      std::fill_n(picture.at(y, x), 3, x < 4 ? 40 : 200);
      if (x >= 3 && x <= 5 && y >= 3 && y <= 5) *holes.at(y, x) = 1;
    }
  }
  const Image filled = FillTelea(picture, holes, 3);
  CHECK(filled.at(4, 3)[0] < 120);
  CHECK(filled.at(4, 5)[0] > 120);
  CHECK(filled.at(0, 0)[0] == 40);
  CHECK(filled.at(8, 8)[0] == 200);
}

TEST_CASE("A picture that is all hole stays as it is") {
  const Image picture(5, 7, 3, 90);
  CHECK(FillTelea(picture, Image(5, 7, 1, 1), 3) == picture);
}

TEST_CASE("A layout shows the texels that it names, and black where it names none") {
  Image atlas(800, 1200, 3);
  std::fill_n(atlas.at(9, kPublishedTile + 7), 3, 77);
  Image smpl = OneTexelLayout();
  smpl.data[0] = 0;
  const Image texture = PublishedTexture(atlas, smpl);
  CHECK(texture.at(0, 0)[0] == 0);
  CHECK(texture.at(0, 1)[0] == 77);
  CHECK(texture.at(511, 511)[2] == 77);
}

TEST_CASE("A layout with a texel that is nowhere, of another size, or missing is refused by name") {
  const testing::TempDir dir;
  const auto path = dir.path() / "smpl.png";
  const auto refusal = [&](const Image& smpl) {
    WriteFile(path, *imaging::EncodePng(smpl));
    const auto layout = PublishedLayout::Load({}, path);
    return layout ? std::string("taken") : layout.error().message;
  };
  CHECK(refusal(OneTexelLayout()) == "taken");
  Image outside = OneTexelLayout();
  outside.data[3 * 600 + 1] = 200;
  CHECK_THAT(refusal(outside), Catch::Contains("smpl") && Catch::Contains("pixel 600"));
  CHECK_THAT(refusal(Image(256, 256, 3)), Catch::Contains("512 x 512"));
  CHECK_THAT(PublishedLayout::Load({}, dir.path() / "none.png").error().message,
             Catch::Contains("none.png"));
  WriteFile(path, *imaging::EncodePng(OneTexelLayout()));
  CHECK_THAT(PublishedLayout::Load(path, path).error().message,
             Catch::Contains("charts") && Catch::Contains("800 x 1200"));
}

TEST_CASE(
    "A model of the SMPL layout gets its texture in it; without the layout's file it is told") {
  const testing::TempDir dir;
  engine::ModelInfo model;
  model.texture_layout = "smpl";
  CHECK_THAT(TextureMaker::For(model).error().message, Catch::Contains("smpl_layout"));
  model.smpl_layout = dir.path() / "smpl.png";
  WriteFile(model.smpl_layout, *imaging::EncodePng(OneTexelLayout()));
  const auto maker = TextureMaker::For(model);
  REQUIRE(maker.has_value());

  // Part 2's texel at column 7 and row 9 is U 9 (9 * 199 / 255 = 7) and V 243.
  Image picture(4, 4, 3), iuv(4, 4, 3);
  std::fill_n(picture.at(1, 1), 3, 77);
  const uint8_t code[] = {2, 9, 243};
  std::copy(code, code + 3, iuv.at(1, 1));
  const engine::TextureMap map = maker->Make(picture, iuv);
  CHECK(map.colours == Image(512, 512, 3, 77));
  CHECK(map.validity == Image(512, 512, 1, 255));
}

}  // namespace atelier::perception
