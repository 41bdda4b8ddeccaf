#include "region/compose_texture.h"

#include <catch2/catch.hpp>

#include "imaging/picture_codec.h"
#include "perception_fakes.h"

namespace atelier::region {
namespace {

const perception::TextureMaker kMaker = kTile;

std::string Map(uint8_t value) { return Png(4 * kTile, 6 * kTile, value); }
std::string Validity(uint8_t value) {
  return imaging::EncodePng(Image(4 * kTile, 6 * kTile, 1, value)).value();
}

v1::ComposeTextureRequest RequestOf(v1::BodyRegion region) {
  v1::ComposeTextureRequest request;
  request.set_texture_png(Map(10));
  request.set_texture_validity_png(Validity(255));
  v1::TexturePatch& patch = *request.add_patches();
  patch.mutable_region()->set_region(region);
  patch.set_texture_png(Map(200));
  patch.set_texture_validity_png(Validity(51));
  return request;
}

/// The parts that came from the patch.
std::vector<int> PatchedParts(const v1::ComposeTextureRequest& request) {
  const auto composed = ComposeTexture(request, kMaker, "atlas");
  REQUIRE(composed);
  const Image colours = imaging::DecodePicture(composed->texture_png(), "png").value();
  const Image validity = imaging::DecodeGrey(composed->texture_validity_png(), "png").value();
  std::vector<int> parts;
  for (int part = 1; part <= 24; ++part) {
    const int y = (part - 1) / 6 * kTile, x = (part - 1) % 6 * kTile;
    const bool is_patched = colours.at(y, x)[0] == 200;
    CHECK(colours.at(y + kTile - 1, x + kTile - 1)[2] == (is_patched ? 200 : 10));
    CHECK(*validity.at(y, x) == (is_patched ? 51 : 255));
    if (is_patched) parts.push_back(part);
  }
  return parts;
}

TEST_CASE("A region's texels come from the patch, with their validity, and no others",
          "[texture]") {
  CHECK(PatchedParts(RequestOf(v1::BODY_REGION_HEAD)) == std::vector<int>{23, 24});
  CHECK(PatchedParts(RequestOf(v1::BODY_REGION_LOWER_GARMENT)) ==
        std::vector<int>{7, 8, 9, 10, 11, 12, 13, 14});
  CHECK(PatchedParts(RequestOf(v1::BODY_REGION_UPPER_GARMENT)) ==
        std::vector<int>{1, 2, 15, 16, 17, 18, 19, 20, 21, 22});
  CHECK(PatchedParts(RequestOf(v1::BODY_REGION_SHOES)) == std::vector<int>{5, 6});
  CHECK(PatchedParts(RequestOf(v1::BODY_REGION_WHOLE_TEXTURE)).size() == 24);
  v1::ComposeTextureRequest part = RequestOf(v1::BODY_REGION_HEAD);
  part.mutable_patches(0)->mutable_region()->set_part(3);
  CHECK(PatchedParts(part) == std::vector<int>{3});
}

TEST_CASE("In the published layout texels of a part are where its file says", "[texture]") {
  v1::ComposeTextureRequest request;
  request.set_texture_png(Png(512, 512, 10));
  v1::TexturePatch& patch = *request.add_patches();
  patch.set_texture_png(Png(512, 512, 200));
  // All texels of the test's layout are of part 23.
  for (const auto& [region, expected] :
       {std::pair{v1::BODY_REGION_FACE, 200}, std::pair{v1::BODY_REGION_LEGS, 10}}) {
    patch.mutable_region()->set_region(region);
    const auto composed = ComposeTexture(request, SmplMaker(), "smpl");
    REQUIRE(composed);
    CHECK(composed->texture_layout() == "smpl");
    const Image colours = imaging::DecodePicture(composed->texture_png(), "png").value();
    CHECK(colours.at(256, 256)[1] == expected);
  }
}

TEST_CASE("What cannot be composed is refused by its path", "[texture]") {
  const auto refused = [](const v1::ComposeTextureRequest& request) {
    const auto composed = ComposeTexture(request, kMaker, "atlas");
    REQUIRE_FALSE(composed);
    CHECK(composed.error().code == Code::kInvalidArgument);
    return composed.error().field;
  };
  CHECK(refused(RequestOf(v1::BODY_REGION_HAIR)) == "patches[0].region");
  CHECK(refused(RequestOf(v1::BODY_REGION_BACKGROUND)) == "patches[0].region");
  v1::ComposeTextureRequest request = RequestOf(v1::BODY_REGION_HEAD);
  request.mutable_patches(0)->set_texture_png(Png(32, 32, 1));
  CHECK(refused(request) == "patches[0].texture_png");
  request = RequestOf(v1::BODY_REGION_HEAD);
  request.set_texture_validity_png(imaging::EncodePng(Image(16, 16, 1, 255)).value());
  CHECK(refused(request) == "texture_validity_png");
  request.clear_patches();
  CHECK(refused(request) == "patches");
}

}  // namespace
}  // namespace atelier::region
