#include "perception/skeleton.h"

#include <algorithm>
#include <catch2/catch.hpp>

namespace atelier::perception {
namespace {

bool Lit(const Image& drawing, int y, int x) {
  const uint8_t* pixel = drawing.at(y, x);
  return std::max({pixel[0], pixel[1], pixel[2]}) > 0;
}

bool AnyLit(const Image& drawing) {
  return std::any_of(drawing.data.begin(), drawing.data.end(), [](uint8_t v) { return v > 0; });
}

constexpr int kNeck = 1;
constexpr int kRightShoulder = 2;
constexpr int kRightElbow = 3;

TEST_CASE("A skeleton shows each keypoint and the limb between two of them", "[skeleton]") {
  Keypoints keypoints{};
  keypoints[kNeck] = {32.5f, 20.5f, 1.0f};
  keypoints[kRightShoulder] = {32.5f, 80.5f, 0.5f};
  const Image drawing = DrawSkeleton(keypoints, 128, 64);
  REQUIRE(drawing.height == 128);
  REQUIRE(drawing.width == 64);
  CHECK(Lit(drawing, 20, 32));
  CHECK(Lit(drawing, 80, 32));
  CHECK(Lit(drawing, 50, 32));
  CHECK_FALSE(Lit(drawing, 50, 10));
  CHECK_FALSE(Lit(drawing, 110, 32));
}

TEST_CASE("A keypoint of confidence 0 is not drawn, nor a limb that ends in it", "[skeleton]") {
  Keypoints keypoints{};
  keypoints[kNeck] = {32.5f, 20.5f, 1.0f};
  keypoints[kRightShoulder] = {32.5f, 80.5f, 0.0f};
  keypoints[kRightElbow] = {32.5f, 120.5f, 0.0f};
  const Image drawing = DrawSkeleton(keypoints, 128, 64);
  CHECK(Lit(drawing, 20, 32));
  CHECK_FALSE(Lit(drawing, 50, 32));
  CHECK_FALSE(Lit(drawing, 80, 32));
  CHECK_FALSE(Lit(drawing, 100, 32));
}

TEST_CASE("A skeleton without keypoints is black", "[skeleton]") {
  CHECK_FALSE(AnyLit(DrawSkeleton(Keypoints{}, 64, 64)));
}

TEST_CASE("A keypoint outside of the picture breaks nothing", "[skeleton]") {
  Keypoints keypoints{};
  keypoints[kNeck] = {-500.0f, 20.0f, 1.0f};
  keypoints[kRightShoulder] = {32.5f, 20.5f, 1.0f};
  const Image drawing = DrawSkeleton(keypoints, 64, 64);
  CHECK(Lit(drawing, 20, 16));
}

}  // namespace
}  // namespace atelier::perception
