// Before anything else: see the header.
// clang-format off
#include "support/catch_torch.h"
// clang-format on

#include "training/losses/pixel_losses.h"

#include <array>

#include "people/render/render.h"

namespace atelier::training {

TEST_CASE("Errors count most on the face, more on the person than on the wall", "[training]") {
  people::Rendering rendering;
  rendering.mask = Image(1, 4, 1, 255);
  rendering.mask.data[0] = 0;
  rendering.regions = Image(1, 4, 1);
  using people::Region;
  const std::array shown = {Region::kBackground, Region::kTop, Region::kFace, Region::kHair};
  for (size_t i = 0; i < shown.size(); ++i)
    rendering.regions.data[i] = static_cast<uint8_t>(shown[i]);
  CHECK(ErrorWeights(rendering).data == std::vector<uint8_t>{1, 3, 16, 3});
}

TEST_CASE("Pixel losses weigh each pixel's error", "[training]") {
  // Differences 1 and 3 side by side; only the second counts.
  const at::Tensor difference = at::tensor({1.0F, 3.0F}).view({1, 1, 1, 2});
  const at::Tensor weights = at::tensor({0.0F, 2.0F}).view({1, 1, 1, 2});
  CHECK(AbsoluteLoss(difference, weights).item<float>() == 3);
  CHECK(GradientLoss(difference.expand({1, 1, 2, 2}), weights.expand({1, 1, 2, 2})).item<float>() ==
        4);
}

TEST_CASE("The colour loss sees hue over 4x4 pixels and no light or dark", "[training]") {
  const at::Tensor lighter = at::full({1, 3, 4, 4}, 0.5F);
  CHECK(ColourLoss(lighter).item<float>() == 0);
  at::Tensor redder = at::zeros({1, 3, 4, 4});
  redder.select(1, 0).fill_(0.3F);
  CHECK(std::abs(ColourLoss(redder).item<float>() - 0.4F / 3) < 1e-6F);
  at::Tensor speckled = redder.clone();
  speckled.slice(3, 0, 2).neg_();
  CHECK(ColourLoss(speckled).item<float>() < 1e-7F);
}

}  // namespace atelier::training
