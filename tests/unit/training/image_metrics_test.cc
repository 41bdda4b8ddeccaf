#include "training/metrics/image_metrics.h"

#include <catch2/catch.hpp>
#include <cmath>

namespace atelier::training {
namespace {

Image Checks(int period) {
  Image image(40, 48, 3);
  for (int y = 0; y < image.height; ++y)
    for (int x = 0; x < image.width; ++x)
      for (int c = 0; c < 3; ++c) image.at(y, x)[c] = (y / period + x / period) % 2 == 0 ? 200 : 60;
  return image;
}

}  // namespace

TEST_CASE("PSNR of a constant error of ten levels is 28.13 dB", "[training]") {
  const Image a(8, 8, 3, 100), b(8, 8, 3, 110);
  CHECK(Psnr(a, b, nullptr) == Approx(10 * std::log10(255.0 * 255.0 / 100)));
}

TEST_CASE("PSNR under a mask does not hear of errors outside it", "[training]") {
  Image a(8, 8, 3, 100), b(8, 8, 3, 110), mask(8, 8, 1);
  *mask.at(2, 3) = 255;
  b.at(2, 3)[0] = b.at(2, 3)[1] = b.at(2, 3)[2] = 101;
  CHECK(Psnr(a, b, &mask) == Approx(10 * std::log10(255.0 * 255.0)));
}

TEST_CASE(
    "SSIM is one for equal pictures and falls with structure lost, not with a slight shift of "
    "light",
    "[training]") {
  const Image a = Checks(6);
  Image lighter = a;
  for (uint8_t& value : lighter.data) value = static_cast<uint8_t>(value + 5);
  const Image flat(40, 48, 3, 130);
  CHECK(Ssim(a, a) == Approx(1.0));
  CHECK(Ssim(a, lighter) > 0.98);
  CHECK(Ssim(a, flat) < 0.1);
  CHECK(Ssim(a, Checks(5)) < 0.6);
}

TEST_CASE("Edges are as sharp as the truth's, half as sharp, or noise", "[training]") {
  const Image truth = Checks(6), person(40, 48, 1, 255);
  const auto same = CompareEdges(truth, truth, person);
  REQUIRE(same.has_value());
  CHECK(same->edge_fidelity == Approx(1));
  CHECK(same->flat_gradient == Approx(0).margin(.01));
  // Half of the contrast is half of the fidelity.
  Image faint = truth;
  for (uint8_t& value : faint.data) value = static_cast<uint8_t>((value + 130) / 2);
  CHECK(CompareEdges(faint, truth, person)->edge_fidelity == Approx(.5).margin(.01));
  // Noise adds nothing along the edges and much where there are none.
  Image noisy(40, 48, 3);
  uint32_t state = 1;
  for (uint8_t& value : noisy.data) {
    state = state * 1664525 + 1013904223;
    value = static_cast<uint8_t>(100 + (state >> 24) % 64);
  }
  const auto noise = CompareEdges(noisy, truth, person);
  CHECK(std::abs(noise->edge_fidelity) < .1);
  CHECK(noise->flat_gradient > 20);
  CHECK_FALSE(CompareEdges(truth, truth, Image(40, 48, 1)).has_value());
}

TEST_CASE("SSIM of two flat pictures is the luminance term alone", "[training]") {
  const Image a(20, 20, 3, 100), b(20, 20, 3, 120);
  const double c1 = 2.55 * 2.55;
  CHECK(Ssim(a, b) == Approx((2.0 * 100 * 120 + c1) / (100.0 * 100 + 120.0 * 120 + c1)));
}

TEST_CASE("A region's errors are of its own pixels, its colour apart from its texture",
          "[training]") {
  Image mask(40, 48, 1);
  for (int y = 5; y < 35; ++y)
    for (int x = 4; x < 40; ++x) *mask.at(y, x) = 255;
  const Image truth = Checks(3);
  Image outside = truth;
  for (int x = 0; x < 48; ++x) outside.at(0, x)[0] = 7;
  const auto same = CompareRegion(outside, truth, mask);
  REQUIRE(same.has_value());
  CHECK(same->psnr == 99);
  CHECK(same->colour_delta_e == 0);
  CHECK(same->texture_error == 0);
  CHECK(same->detail_power == same->true_detail_power);
  CHECK(same->true_detail_power > 1000);

  // Lighter by ten levels all over: another colour, the same texture.
  Image lighter = truth;
  for (uint8_t& v : lighter.data) v = static_cast<uint8_t>(v + 10);
  const auto colour = CompareRegion(lighter, truth, mask);
  CHECK(colour->colour_delta_e > 2);
  CHECK(colour->texture_error < 1e-9);

  // Flat at the region's mean colour: the colour is kept, the texture is gone.
  const Image flat(40, 48, 3, 130);
  const auto texture = CompareRegion(flat, truth, mask);
  CHECK(texture->colour_delta_e < 1);
  CHECK(texture->detail_power == 0);
  CHECK(texture->texture_error == Approx(std::sqrt(texture->true_detail_power)));
}

TEST_CASE("The distance of black to white is a hundred, and of a shade to itself nothing",
          "[training]") {
  const Image mask(8, 8, 1, 255);
  const Image black(8, 8, 3, 0), white(8, 8, 3, 255);
  CHECK(CompareRegion(white, black, mask)->colour_delta_e == Approx(100).margin(1e-3));
  Image red(8, 8, 3), green(8, 8, 3);
  for (size_t i = 0; i < red.data.size(); i += 3) red.data[i] = green.data[i + 1] = 255;
  // sRGB red is L* 53.24, a* 80.09, b* 67.20; green 87.73, -86.18, 83.18.
  CHECK(CompareRegion(red, green, mask)->colour_delta_e == Approx(170.57).margin(0.05));
}

TEST_CASE("A region of a few pixels says nothing", "[training]") {
  Image mask(8, 8, 1);
  for (int i = 0; i < kLeastRegionPixels - 1; ++i) mask.data[static_cast<size_t>(i)] = 255;
  const Image a(8, 8, 3, 1), b(8, 8, 3, 2);
  CHECK_FALSE(CompareRegion(a, b, mask).has_value());
  mask.data[kLeastRegionPixels] = 255;
  CHECK(CompareRegion(a, b, mask).has_value());
}

}  // namespace atelier::training
