#include "training/image_metrics.h"

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

TEST_CASE("SSIM of two flat pictures is the luminance term alone", "[training]") {
  const Image a(20, 20, 3, 100), b(20, 20, 3, 120);
  const double c1 = 2.55 * 2.55;
  CHECK(Ssim(a, b) == Approx((2.0 * 100 * 120 + c1) / (100.0 * 100 + 120.0 * 120 + c1)));
}

}  // namespace atelier::training
