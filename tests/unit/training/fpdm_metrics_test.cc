// Before anything else: see the header.
// clang-format off
#include "support/catch_torch.h"
// clang-format on

#include "training/metrics/fpdm_metrics.h"

#include <cstring>
#include <string>

#include "engine/weights/load.h"

namespace atelier::training {
namespace {

Image PictureOf(const at::Tensor& hwc) {
  const at::Tensor bytes = hwc.contiguous();
  Image image(static_cast<int>(bytes.size(0)), static_cast<int>(bytes.size(1)), 3);
  std::memcpy(image.data.data(), bytes.data_ptr(), image.data.size());
  return image;
}

TEST_CASE("Pictures score as the published script scores them", "[metrics]") {
  const auto goldens = engine::ReadWeights(std::string(ATELIER_SOURCE_DIR) +
                                           "/tests/unit/training/data/fpdm_metrics.safetensors");
  REQUIRE(goldens.has_value());
  const FpdmScores expected[] = {{23.900538376984933, 0.9630028102638937, 0.6591238398880307,
                                  0.05239999294281006, 0.05104660615324974},
                                 {23.8324805753644, 0.9650290491392459, 0.6963623195727946,
                                  0.051141973584890366, 0.051313772797584534}};
  for (size_t i = 0; i < 2; ++i) {
    const std::string pair = "pair" + std::to_string(i);
    const FpdmScores scores = ScoreAsFpdm(PictureOf(goldens->at(pair + "/pred_u8")),
                                          PictureOf(goldens->at(pair + "/gt_u8")));
    CHECK(scores.psnr == Approx(expected[i].psnr).epsilon(1e-9));
    CHECK(scores.ssim == Approx(expected[i].ssim).epsilon(1e-9));
    CHECK(scores.ssim_256 == Approx(expected[i].ssim_256).epsilon(1e-9));
    // The script's are float32.
    CHECK(scores.mae == Approx(expected[i].mae).epsilon(1e-6));
    CHECK(scores.l1 == Approx(expected[i].l1).epsilon(1e-6));
  }
}

}  // namespace
}  // namespace atelier::training
