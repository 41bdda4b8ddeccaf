#include "support/catch_torch.h"

// The order matters: catch_torch.h first.
#include <cmath>
#include <numbers>

#include "engine/models/block_cosines.h"

namespace atelier::engine {
namespace {

constexpr int64_t kSide = 8;
constexpr int64_t kAll = kSide * kSide;

double MaxDifference(const at::Tensor& a, const at::Tensor& b) {
  return (a - b).abs().max().item<double>();
}

at::Tensor SomePictures() {
  at::manual_seed(11);
  return at::rand({2, 3, 16, 24}) * 2 - 1;
}

}  // namespace

TEST_CASE("All of a block's coefficients make the picture again", "[models]") {
  const BlockCosines cosines(kSide, {kAll, kAll, kAll});
  const at::Tensor pictures = SomePictures();
  const at::Tensor latents = cosines.Transform(pictures);
  CHECK(latents.sizes() == at::IntArrayRef{2, 3 * kAll, 2, 3});
  CHECK(MaxDifference(cosines.Invert(latents), pictures) < 1e-5);
}

TEST_CASE("Few coefficients make the nearest picture that has no others", "[models]") {
  const BlockCosines cosines(kSide, {10, 3, 2});
  const at::Tensor pictures = SomePictures();
  const at::Tensor latents = cosines.Transform(pictures);
  const at::Tensor nearest = cosines.Invert(latents);
  CHECK(MaxDifference(cosines.Transform(nearest), latents) < 1e-5);
  // What is lost stands at a right angle to what is kept.
  CHECK(std::abs(((pictures - nearest) * nearest).sum().item<double>()) < 1e-3);
  CHECK((pictures - nearest).square().mean().item<double>() > 0.1);
}

TEST_CASE("A flat picture is in each colour's first coefficient, a wave in its own", "[models]") {
  const BlockCosines cosines(kSide, {3, 2, 1});
  const double root8 = std::sqrt(8.0);
  // The 64 orthonormal pixels of value 1, times the colour's weights; over the amplitude.
  const at::Tensor red = at::tensor({1.0F, 0.0F, 0.0F}).view({1, 3, 1, 1}).expand({1, 3, 8, 8});
  const at::Tensor flat = cosines.Transform(red.contiguous()).flatten();
  const double expected[] = {8 / std::sqrt(3.0) / root8, 0, 0,
                             8 / std::sqrt(2.0),         0, 8 / std::sqrt(6.0)};
  for (int i = 0; i < 6; ++i) CHECK(std::abs(flat[i].item<double>() - expected[i]) < 1e-5);

  // Half a turn from left to right is row 0, column 1: the second of lightness.
  const at::Tensor across =
      ((at::arange(8, at::kFloat) * 2 + 1) * (std::numbers::pi / 16)).cos().view({1, 1, 1, 8});
  const at::Tensor wave = cosines.Transform(across.expand({1, 3, 8, 8}).contiguous()).flatten();
  for (int i = 0; i < 6; ++i) CHECK((std::abs(wave[i].item<double>()) > 1e-5) == (i == 1));
}

TEST_CASE("Amplitudes fall with frequency, and lightness is the strongest", "[models]") {
  const BlockCosines cosines(kSide, {4, 2, 1});
  const double root8 = std::sqrt(8.0);
  const std::vector<double> expected = {root8, root8 / 2, root8 / 2, root8 / 3, 1, 0.5, 1};
  REQUIRE(cosines.amplitudes().size() == expected.size());
  for (size_t i = 0; i < expected.size(); ++i)
    CHECK(std::abs(cosines.amplitudes()[i] - expected[i]) < 1e-12);
}

}  // namespace atelier::engine
