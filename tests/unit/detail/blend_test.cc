// A photograph's own pixels laid over a painting.
#include "detail/blend.h"

#include <catch2/catch.hpp>
#include <chrono>
#include <cstdio>

namespace atelier::detail {
namespace {

constexpr int kScale = 2;

/// A painting of one colour, its person everywhere.
struct Case {
  Case(int height, int width, uint8_t painted) : painting(height, width, 3, painted) {
    carried.colours = Image(height * kScale, width * kScale, 3);
    carried.weight = Image(height * kScale, width * kScale, 1);
    carried.person = Image(height * kScale, width * kScale, 1, 255);
  }
  void Carry(int top, int left, int bottom, int right, uint8_t colour) {
    for (int y = top; y < bottom; ++y) {
      for (int x = left; x < right; ++x) {
        std::fill_n(carried.colours.at(y, x), 3, colour);
        *carried.weight.at(y, x) = 255;
      }
    }
  }
  Image Result() const { return LayOver(painting, carried, kScale); }

  Image painting;
  CarriedPicture carried;
};

TEST_CASE("Where nothing was seen the painting is only grown", "[detail]") {
  Case given(16, 12, 90);
  *given.painting.at(3, 4) = 200;
  const Image result = given.Result();
  CHECK(result.height == 32);
  CHECK(result.width == 24);
  CHECK(result.data == Grow(given.painting, kScale).data);
  CHECK(given.carried.SeenShare() == 0);
}

TEST_CASE("Where the photograph was seen well its pixels come through unchanged", "[detail]") {
  Case given(64, 64, 90);
  given.Carry(40, 40, 80, 80, 160);
  const Image result = given.Result();
  for (int y = 40; y < 80; ++y) {
    for (int x = 40; x < 80; ++x) REQUIRE(result.at(y, x)[1] == 160);
  }
  CHECK(given.carried.SeenShare() == Approx(40.0 * 40 / (128 * 128)));
}

TEST_CASE("The painting meets the carried pixels in their colour, and keeps its own far away",
          "[detail]") {
  Case given(200, 64, 90);
  given.Carry(0, 0, 60, 128, 150);
  const Image result = given.Result();
  // Just below the carried pixels there is no step.
  CHECK(int{result.at(62, 64)[0]} == Approx(150).margin(4));
  int steepest = 0;
  for (int y = 61; y < 400; ++y) {
    steepest = std::max(steepest, std::abs(result.at(y, 64)[0] - result.at(y - 1, 64)[0]));
  }
  CHECK(steepest <= 4);
  CHECK(int{result.at(390, 64)[0]} == Approx(90).margin(3));
}

TEST_CASE("A carried colour does not cross into another surface or out of the person", "[detail]") {
  Case given(64, 64, 90);
  // A garment of another colour begins at the 32nd row of the painting; the wall is to the right.
  for (int y = 32; y < 64; ++y) {
    for (int x = 0; x < 48; ++x) std::fill_n(given.painting.at(y, x), 3, uint8_t{220});
  }
  for (int y = 0; y < 128; ++y) {
    for (int x = 96; x < 128; ++x) *given.carried.person.at(y, x) = 0;
  }
  given.Carry(0, 0, 56, 96, 130);
  const Image result = given.Result();
  CHECK(int{result.at(60, 48)[0]} > 110);                     // the same surface takes it on
  CHECK(int{result.at(76, 48)[0]} == Approx(220).margin(6));  // the garment does not
  CHECK(int{result.at(20, 104)[0]} == Approx(90).margin(6));  // nor does the wall
}

TEST_CASE("What laying over costs", "[.measure]") {
  Case given(256, 176, 90);
  given.Carry(60, 80, 400, 300, 160);
  const auto start = std::chrono::steady_clock::now();
  constexpr int kTimes = 10;
  for (int i = 0; i < kTimes; ++i) (void)given.Result();
  const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - start;
  std::printf("a painting of 256x176 at twice its size: %.0f ms\n", took.count() / kTimes);
  SUCCEED();
}

}  // namespace
}  // namespace atelier::detail
