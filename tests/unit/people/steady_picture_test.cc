// Frames steadied with the frame before them.
#include "people/motion/steady_picture.h"

#include <cstdlib>

#include "motion_fixture.h"

namespace atelier::people {
namespace {

/// Colours that every spot of the body keeps, before a grey wall.
Image Coloured(const Image& iuv) {
  Image picture(iuv.height, iuv.width, 3, 180);
  for (size_t i = 0; i < iuv.data.size(); i += 3) {
    if (iuv.data[i] == 0) continue;
    picture.data[i] = static_cast<uint8_t>(40 + 8 * iuv.data[i]);
    picture.data[i + 1] = static_cast<uint8_t>(60 + iuv.data[i + 1] / 2);
    picture.data[i + 2] = static_cast<uint8_t>(60 + iuv.data[i + 2] / 2);
  }
  return picture;
}

Image WithNoise(Image picture, int levels, Random& random) {
  for (uint8_t& value : picture.data) {
    value = static_cast<uint8_t>(value + static_cast<int>(random.Index(2 * levels + 1)) - levels);
  }
  return picture;
}

double MeanDifference(const Image& a, const Image& b) {
  double sum = 0;
  for (size_t i = 0; i < a.data.size(); ++i) sum += std::abs(int{a.data[i]} - int{b.data[i]});
  return sum / static_cast<double>(a.data.size());
}

std::vector<Image> WalkingIuvs(int count) {
  std::vector<Image> iuvs;
  for (int t = 0; t < count; ++t) iuvs.push_back(IuvOf(WalkingPerson(3, t)));
  return iuvs;
}

std::vector<Image> SteadiedAll(std::vector<Image> pictures, const std::vector<Image>& iuvs) {
  for (size_t t = 1; t < pictures.size(); ++t) {
    pictures[t] = Steadied({pictures[t], iuvs[t]}, {pictures[t - 1], iuvs[t - 1]});
  }
  return pictures;
}

TEST_CASE("Noise of a walking person's frames falls, person and wall", "[motion]") {
  const std::vector<Image> iuvs = WalkingIuvs(8);
  Random random(1);
  std::vector<Image> noisy;
  for (const Image& iuv : iuvs) noisy.push_back(WithNoise(Coloured(iuv), 15, random));
  const std::vector<Image> steady = SteadiedAll(noisy, iuvs);
  for (size_t t = 3; t < iuvs.size(); ++t) {
    const Image clean = Coloured(iuvs[t]);
    CHECK(MeanDifference(steady[t], clean) < .75 * MeanDifference(noisy[t], clean));
  }
}

TEST_CASE("A person who moves is not smeared", "[motion]") {
  const std::vector<Image> iuvs = WalkingIuvs(8);
  std::vector<Image> clean;
  for (const Image& iuv : iuvs) clean.push_back(Coloured(iuv));
  const std::vector<Image> steady = SteadiedAll(clean, iuvs);
  CHECK(MeanDifference(steady.back(), clean.back()) < 1);
}

TEST_CASE("What looks otherwise than before is left as it is", "[motion]") {
  const std::vector<Image> iuvs = WalkingIuvs(2);
  const Image now = Coloured(iuvs[1]);
  Image other = Coloured(iuvs[0]);
  for (uint8_t& value : other.data) value = static_cast<uint8_t>(255 - value);
  const Image steady = Steadied({now, iuvs[1]}, {other, iuvs[0]});
  CHECK(MeanDifference(steady, now) < 3);
}

TEST_CASE("The same frame twice is the same picture", "[motion]") {
  const Image iuv = IuvOf(WalkingPerson(3, 0));
  Random random(1);
  const Image now = WithNoise(Coloured(iuv), 15, random);
  CHECK(Steadied({now, iuv}, {now, iuv}) == now);
}

TEST_CASE("A part that the frame before did not show is the frame's own", "[motion]") {
  const Image iuv = IuvOf(WalkingPerson(3, 0));
  const Image now = Coloured(iuv);
  const Image nobody(iuv.height, iuv.width, 3);
  const Image wall(iuv.height, iuv.width, 3, 180);
  CHECK(Steadied({now, iuv}, {wall, nobody}) == now);
}

}  // namespace
}  // namespace atelier::people
