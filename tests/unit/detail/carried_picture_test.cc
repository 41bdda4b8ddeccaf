// A person's pixels at the size and place of a painting.
#include "detail/carried_picture.h"

#include <catch2/catch.hpp>
#include <cmath>

namespace atelier::detail {
namespace {

/// Every pixel of a map of `side` x `side` shows the photograph's at `step` times its place.
people::CarryMap MapOf(int side, float step, float squareness) {
  people::CarryMap map;
  map.height = map.width = side;
  const auto pixels = static_cast<size_t>(side) * static_cast<size_t>(side);
  map.person.assign(pixels, 1);
  map.squareness.assign(pixels, squareness);
  for (size_t i = 0; i < pixels; ++i) {
    map.x.push_back((static_cast<float>(i % static_cast<size_t>(side)) + .5f) * step);
    map.y.push_back((static_cast<float>(i / static_cast<size_t>(side)) + .5f) * step);
  }
  return map;
}

/// Columns of 255 and 0 in turn.
Image Stripes(int side) {
  Image out(side, side, 3);
  for (int y = 0; y < side; ++y) {
    for (int x = 0; x < side; x += 2) std::fill_n(out.at(y, x), 3, uint8_t{255});
  }
  return out;
}

TEST_CASE("Pixel for pixel a photograph is carried as it is", "[detail]") {
  const Image photograph = Stripes(32);
  const CarriedPicture carried = CarryPicture(photograph, 32, MapOf(32, 1, 1), 2);
  CHECK(carried.colours.data == photograph.data);
  CHECK(carried.SeenShare() == Approx(1));
}

TEST_CASE("A photograph finer than the painting is averaged, not sampled", "[detail]") {
  const CarriedPicture carried = CarryPicture(Stripes(128), 128, MapOf(32, 4, 1), 2);
  for (int x = 4; x < 28; ++x) CHECK(int{carried.colours.at(16, x)[0]} == Approx(127).margin(3));
}

TEST_CASE("Places are of the fitted picture, whatever the size of the photograph", "[detail]") {
  Image photograph(64, 64, 3);
  for (int y = 0; y < 64; ++y) {
    for (int x = 0; x < 64; ++x) photograph.at(y, x)[0] = static_cast<uint8_t>(4 * x);
  }
  // The fit was made in a picture half as wide.
  const CarriedPicture carried = CarryPicture(photograph, 32, MapOf(32, 1, 1), 1);
  for (int x = 2; x < 30; ++x) {
    CHECK(int{carried.colours.at(16, x)[0]} == Approx(4 * (2 * x + .5)).margin(3));
  }
}

TEST_CASE("What was seen at a grazing angle counts in part, or not at all", "[detail]") {
  const auto weight = [](float squareness) {
    return int{*CarryPicture(Stripes(32), 32, MapOf(32, 1, squareness), 2).weight.at(16, 16)};
  };
  CHECK(weight(.05f) == 0);
  CHECK(weight(.235f) == Approx(128).margin(3));
  CHECK(weight(.5f) == 255);
  // And it fades before it ends.
  people::CarryMap map = MapOf(32, 1, 1);
  for (size_t i = 0; i < map.squareness.size(); ++i) {
    if (i % 32 >= 16) map.squareness[i] = 0;
  }
  const Image faded = CarryPicture(Stripes(32), 32, map, 2).weight;
  CHECK(int{*faded.at(16, 4)} == 255);
  CHECK(int{*faded.at(16, 15)} < 200);
  CHECK(int{*faded.at(16, 16)} == 0);
}

}  // namespace
}  // namespace atelier::detail
