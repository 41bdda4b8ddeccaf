// Several photographs of one person as one picture.
#include "detail/join.h"

#include <catch2/catch.hpp>

namespace atelier::detail {
namespace {

constexpr int kSide = 40;
constexpr uint8_t kLeftPart = 4, kRightPart = 3;

/// Shows `colour` in columns `from` up to `to`.
CarriedPicture Showing(int from, int to, uint8_t colour) {
  CarriedPicture out{Image(kSide, kSide, 3), Image(kSide, kSide, 1), Image(kSide, kSide, 1, 255)};
  for (int y = 0; y < kSide; ++y) {
    for (int x = from; x < to; ++x) {
      std::fill_n(out.colours.at(y, x), 3, colour);
      *out.weight.at(y, x) = 255;
    }
  }
  return out;
}

/// The left half is one part, the right half another.
Image Halves() {
  Image iuv(kSide, kSide, 3);
  for (int y = 0; y < kSide; ++y) {
    for (int x = 0; x < kSide; ++x) iuv.at(y, x)[0] = x < kSide / 2 ? kLeftPart : kRightPart;
  }
  return iuv;
}

TEST_CASE("Each part comes from the picture that shows most of it", "[detail]") {
  // The first shows the left half and a little of the right one, the second all of the right half.
  const CarriedPicture joined = JoinCarried({Showing(0, 22, 100), Showing(20, 40, 100)}, Halves());
  CHECK(joined.SeenShare() == Approx(1));
  CHECK(int{joined.colours.at(5, 10)[0]} == 100);
  CHECK(int{joined.colours.at(5, 35)[0]} == 100);
}

TEST_CASE("What both pictures show tells how their light differs", "[detail]") {
  // Half of the person is in both; the second is 30 darker.
  const CarriedPicture joined = JoinCarried({Showing(0, 30, 130), Showing(15, 40, 100)}, Halves());
  for (int x = 0; x < kSide; ++x) CHECK(int{joined.colours.at(8, x)[1]} == 130);
}

TEST_CASE("Pictures that share nothing keep their own light", "[detail]") {
  const CarriedPicture joined = JoinCarried({Showing(0, 20, 130), Showing(20, 40, 100)}, Halves());
  CHECK(int{joined.colours.at(8, 5)[1]} == 130);
  CHECK(int{joined.colours.at(8, 30)[1]} == 100);
}

}  // namespace
}  // namespace atelier::detail
