#include "training/data/pairs.h"

#include <algorithm>
#include <catch2/catch.hpp>

#include "training/metrics/image_metrics.h"
#include "unit/training/carried_data.h"

namespace atelier::training {
namespace {

constexpr PairOptions kSmall = {.height = 128, .width = 88, .tile = 24};

}  // namespace

TEST_CASE("A pair is a function of its number, and the held-out set has others", "[training]") {
  const auto body = TheBody();
  const Pair pair = MakePair(*body, 3, false, kSmall);
  CHECK(pair.source.rgb == MakePair(*body, 3, false, kSmall).source.rgb);
  CHECK_FALSE(pair.source.rgb == MakePair(*body, 3, true, kSmall).source.rgb);
  CHECK_FALSE(pair.source.rgb == MakePair(*body, 4, false, kSmall).source.rgb);
}

TEST_CASE("A line-up shows other people where the target stands", "[training]") {
  const auto body = TheBody();
  const Pair pair = MakePair(*body, 5, true, kSmall);
  const std::vector<Image> others = MakeLineUp(*body, 5, 3, kSmall);
  REQUIRE(others.size() == 3);
  CHECK_FALSE(others[0] == others[1]);
  for (const Image& other : others) {
    CHECK_FALSE(other == pair.target.rgb);
    // The same wall and light, and the same place: what differs is within or near the person.
    const auto colour = engine::FrameColour(other), right = engine::FrameColour(pair.target.rgb);
    for (int c = 0; c < 3; ++c) CHECK(std::abs(int{colour[c]} - int{right[c]}) <= 3);
    CHECK(Psnr(other, pair.target.rgb, &pair.target.mask) < Psnr(other, pair.target.rgb, nullptr));
  }
}

TEST_CASE("Several pictures of a person differ in pose, and share the wall", "[training]") {
  const auto body = TheBody();
  const auto several = RenderSeveral(*body, 5, 4, kSmall);
  REQUIRE(several.size() == 4);
  const auto wall = engine::FrameColour(several[0].rgb);
  for (size_t i = 1; i < several.size(); ++i) {
    CHECK_FALSE(several[i].rgb == several[i - 1].rgb);
    const auto colour = engine::FrameColour(several[i].rgb);
    for (int c = 0; c < 3; ++c) CHECK(std::abs(int{colour[c]} - int{wall[c]}) <= 12);
  }
  CHECK(RenderSeveral(*body, 5, 4, kSmall)[3].rgb == several[3].rgb);
  CHECK_FALSE(RenderSeveral(*body, 6, 1, kSmall)[0].rgb == several[0].rgb);
}

TEST_CASE("Source and target share the wall behind the person", "[training]") {
  const auto body = TheBody();
  for (int i = 0; i < 8; ++i) {
    const Pair pair = MakePair(*body, i, false, kSmall);
    const auto source = engine::FrameColour(pair.source.rgb);
    const auto target = engine::FrameColour(pair.target.rgb);
    CAPTURE(i);
    for (int c = 0; c < 3; ++c) CHECK(std::abs(int{source[c]} - int{target[c]}) <= 12);
  }
}

TEST_CASE("The warped texture shows the person where the target's IUV is, and the wall elsewhere",
          "[training]") {
  const auto body = TheBody();
  const Pair pair = MakePair(*body, 1, false, kSmall);
  const auto wall = engine::FrameColour(pair.source.rgb);
  int wrong = 0;
  for (int y = 0; y < kSmall.height; ++y)
    for (int x = 0; x < kSmall.width; ++x)
      if (*pair.target.iuv.at(y, x) == 0 &&
          !std::equal(wall.begin(), wall.end(), pair.warped.colours.at(y, x)))
        ++wrong;
  CHECK(wrong == 0);
}

}  // namespace atelier::training
