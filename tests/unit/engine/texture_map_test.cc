#include "engine/texture/texture_map.h"

#include <algorithm>
#include <cstdlib>

#include "base/body.h"
#include "engine/perception.h"
#include "support/catch_torch.h"

namespace atelier::engine {
namespace {

constexpr uint8_t kGrey[3] = {128, 128, 128};

int Index(BodyPart part) { return static_cast<int>(part); }

/// Paints a rectangle of `part` whose U runs to the right and V upwards.
void Lay(Image& iuv, BodyPart part, int top, int left, int height, int width) {
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      uint8_t* pixel = iuv.at(top + y, left + x);
      pixel[0] = static_cast<uint8_t>(Index(part));
      pixel[1] = static_cast<uint8_t>(x * 255 / (width - 1));
      pixel[2] = static_cast<uint8_t>(255 - y * 255 / (height - 1));
    }
  }
}

Image Gradient(int height, int width) {
  Image picture(height, width, 3);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      uint8_t* pixel = picture.at(y, x);
      pixel[0] = static_cast<uint8_t>(x * 3);
      pixel[1] = static_cast<uint8_t>(y * 2);
      pixel[2] = static_cast<uint8_t>(200 - x);
    }
  }
  return picture;
}

const uint8_t* Texel(const Image& atlas, int tile, BodyPart part, int row, int column) {
  const int index = Index(part) - 1;
  return atlas.at(index / kAtlasColumns * tile + row, index % kAtlasColumns * tile + column);
}

TEST_CASE("A texture laid over the pose it was read from gives the picture back", "[texture]") {
  const Image picture = Gradient(80, 60);
  Image iuv(80, 60, 3);
  Lay(iuv, BodyPart::kTorsoFront, 10, 5, 40, 40);
  Lay(iuv, BodyPart::kRightUpperLegFront, 50, 10, 20, 15);
  const TextureMap texture = ExtractTextureMap(picture, iuv, 48);
  REQUIRE(texture.colours.height == 4 * 48);
  REQUIRE(texture.colours.width == 6 * 48);
  const WarpedTexture warped = WarpTexture(texture, iuv, kGrey);
  int worst = 0;
  for (int y = 0; y < 80; ++y) {
    for (int x = 0; x < 60; ++x) {
      if (iuv.at(y, x)[0] == 0) {
        CHECK(std::equal(kGrey, kGrey + 3, warped.colours.at(y, x)));
        CHECK(*warped.validity.at(y, x) == 0);
        continue;
      }
      for (int c = 0; c < 3; ++c) {
        worst = std::max(worst, std::abs(warped.colours.at(y, x)[c] - picture.at(y, x)[c]));
      }
      CHECK(*warped.validity.at(y, x) >= 128);
    }
  }
  // Half a texel of the gradient, and a texel where the border was left out.
  CHECK(worst <= 8);
}

TEST_CASE("A part nobody saw comes from its mirrored twin, flipped in U", "[texture]") {
  const Image picture = Gradient(80, 60);
  Image iuv(80, 60, 3);
  Lay(iuv, BodyPart::kRightUpperArmFront, 10, 5, 40, 40);
  const TextureMap texture = ExtractTextureMap(picture, iuv, 32);
  for (int row = 4; row < 28; row += 6) {
    for (int column = 4; column < 28; column += 6) {
      const uint8_t* seen = Texel(texture.colours, 32, BodyPart::kRightUpperArmFront, row, column);
      const uint8_t* twin =
          Texel(texture.colours, 32, BodyPart::kLeftUpperArmFront, row, 31 - column);
      CHECK(std::equal(seen, seen + 3, twin));
      CHECK(*Texel(texture.validity, 32, BodyPart::kRightUpperArmFront, row, column) == 255);
      CHECK(*Texel(texture.validity, 32, BodyPart::kLeftUpperArmFront, row, column) == 128);
    }
  }
}

TEST_CASE("A back nobody saw is guessed from the front, and what nothing tells stays empty",
          "[texture]") {
  Image picture(60, 60, 3);
  for (int y = 0; y < 60; ++y) {
    for (int x = 0; x < 60; ++x) picture.at(y, x)[y < 30 ? 0 : 2] = 240;  // red over blue
  }
  Image iuv(60, 60, 3);
  Lay(iuv, BodyPart::kTorsoFront, 10, 10, 40, 40);
  const TextureMap texture = ExtractTextureMap(picture, iuv, 32);
  CHECK(Texel(texture.colours, 32, BodyPart::kTorsoBack, 4, 16)[0] > 200);
  CHECK(Texel(texture.colours, 32, BodyPart::kTorsoBack, 28, 16)[2] > 200);
  CHECK(*Texel(texture.validity, 32, BodyPart::kTorsoBack, 16, 16) == 51);
  CHECK(*Texel(texture.validity, 32, BodyPart::kLeftHead, 16, 16) == 0);
  CHECK(Texel(texture.colours, 32, BodyPart::kLeftHead, 16, 16)[0] == 0);
}

TEST_CASE("Pixels that the background bleeds into do not reach the texture", "[texture]") {
  Image picture(60, 60, 3, 255);
  Image iuv(60, 60, 3);
  Lay(iuv, BodyPart::kTorsoFront, 10, 10, 40, 40);
  for (int y = 11; y < 49; ++y) {
    for (int x = 11; x < 49; ++x) std::fill_n(picture.at(y, x), 3, uint8_t{40});
  }
  const TextureMap texture = ExtractTextureMap(picture, iuv, 32);
  for (int i = 0; i < 32; ++i) {
    CHECK(Texel(texture.colours, 32, BodyPart::kTorsoFront, i, 0)[0] == 40);
    CHECK(Texel(texture.colours, 32, BodyPart::kTorsoFront, 31, i)[0] == 40);
  }
}

TEST_CASE("An IUV with part numbers past 24 neither writes nor reads outside of the atlas",
          "[texture]") {
  const Image picture = Gradient(16, 16);
  const Image iuv(16, 16, 3, 200);
  const TextureMap texture = ExtractTextureMap(picture, iuv, 8);
  CHECK(std::all_of(texture.validity.data.begin(), texture.validity.data.end(),
                    [](uint8_t value) { return value == 0; }));
  const WarpedTexture warped = WarpTexture(texture, iuv, kGrey);
  CHECK(std::equal(kGrey, kGrey + 3, warped.colours.at(3, 3)));
}

TEST_CASE("The frame's colour is not tinted by a person that the frame cuts", "[engine]") {
  Image picture(20, 16, 3, 100);
  for (int y = 8; y < 20; ++y)
    for (int x = 5; x < 11; ++x) picture.at(y, x)[1] = 255;
  CHECK(FrameColour(picture) == std::array<uint8_t, 3>{100, 100, 100});
  CHECK(FrameColour(Image(2, 3, 3, 7)) == std::array<uint8_t, 3>{7, 7, 7});
}

TEST_CASE("A face box is 1.3 times the head and absent when the head is a speck", "[texture]") {
  Image iuv(100, 100, 3);
  Lay(iuv, BodyPart::kRightHead, 20, 40, 20, 5);
  Lay(iuv, BodyPart::kLeftHead, 20, 45, 20, 5);
  const Box box = FaceBoxFromIuv(iuv);
  CHECK(box.right - box.left == Approx(26));
  CHECK(box.bottom - box.top == Approx(26));
  CHECK(box.left == Approx(32));
  CHECK(box.top == Approx(17));
  Image speck(100, 100, 3);
  Lay(speck, BodyPart::kRightHead, 20, 40, 3, 5);
  CHECK(FaceBoxFromIuv(speck).empty());
}

TEST_CASE("A face crop is black outside of the picture and area-true inside", "[texture]") {
  Image picture(40, 40, 3);
  for (int y = 0; y < 40; ++y) {
    for (int x = 0; x < 40; ++x) std::fill_n(picture.at(y, x), 3, uint8_t(x % 2 ? 200 : 100));
  }
  const Image crop = CropSquare(picture, {-20, 0, 20, 40}, 10);
  REQUIRE(crop.width == 10);
  CHECK(crop.at(5, 1)[0] == 0);
  // Four columns of stripes shrink to their mean, not to either stripe.
  CHECK(std::abs(crop.at(5, 8)[0] - 150) <= 1);
  CHECK(CropSquare(picture, {5, 5, 5, 5}, 8) == Image(8, 8, 3));
}

}  // namespace
}  // namespace atelier::engine
