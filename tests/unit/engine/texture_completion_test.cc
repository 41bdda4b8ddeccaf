#include "support/catch_torch.h"

// The order matters: catch_torch.h first.
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/random.h"
#include "engine/models/texture_completion.h"
#include "engine/weights/load.h"

namespace atelier::engine {
namespace {

constexpr int kTile = 8;
/// One cell a body part, two by two a head part: 30 cells.
constexpr TextureCompletionConfig kConfig{.components = 2, .body_side = 1, .head_side = 2};

/// A texture whose every cell of kConfig is one colour and seen wholly or not at all.
TextureMap DrawTexture(double seen_share) {
  TextureMap texture{Image(kAtlasRows * kTile, kAtlasColumns * kTile, 3),
                     Image(kAtlasRows * kTile, kAtlasColumns * kTile, 1)};
  Random random(5);
  for (int top = 0; top < texture.colours.height; top += kTile / 2) {
    for (int left = 0; left < texture.colours.width; left += kTile / 2) {
      const bool head = top >= 3 * kTile && left >= 4 * kTile;
      if (!head && (top % kTile != 0 || left % kTile != 0)) continue;
      const int side = head ? kTile / 2 : kTile;
      const uint8_t validity = random.Chance(seen_share) ? kTexelSeen : kTexelGuessed;
      const uint8_t colour[3] = {uint8_t(90 + random.Index(80)), uint8_t(90 + random.Index(80)),
                                 uint8_t(90 + random.Index(80))};
      for (int y = top; y < top + side; ++y) {
        for (int x = left; x < left + side; ++x) {
          std::copy_n(colour, 3, texture.colours.at(y, x));
          *texture.validity.at(y, x) = validity;
        }
      }
    }
  }
  return texture;
}

struct Fitted {
  TextureCompletion completion{kConfig};
  TensorMap buffers;
};

Fitted MakeFitted() {
  at::manual_seed(2);
  Fitted fitted;
  fitted.buffers = {{"mean", at::full({30, 3}, 0.5) + 0.1 * at::randn({30, 3})},
                    {"components", 0.08 * at::randn({30, 3, 2})},
                    {"noise", 0.01 + 0.02 * at::rand({30})}};
  REQUIRE(LoadStateDict(*fitted.completion, fitted.buffers));
  return fitted;
}

/// The texel in the middle of a body part's tile, or of the head cell's outer corner, in 0..1.
at::Tensor ColourOfCell(const TextureMap& texture, int cell) {
  const int part = cell < 22 ? cell : 22 + (cell - 22) / 4;
  const int quarter = cell < 22 ? 0 : (cell - 22) % 4;
  const int row = cell < 22 ? kTile / 2 : quarter / 2 * (kTile - 1);
  const int column = cell < 22 ? kTile / 2 : quarter % 2 * (kTile - 1);
  const uint8_t* colour =
      texture.colours.at(part / kAtlasColumns * kTile + row, part % kAtlasColumns * kTile + column);
  return at::tensor({colour[0] / 255.0, colour[1] / 255.0, colour[2] / 255.0}, at::kDouble);
}

}  // namespace

TEST_CASE("Unseen cells take the Gaussian's conditional mean", "[models]") {
  const Fitted fitted = MakeFitted();
  const TextureMap texture = DrawTexture(0.6);
  const TextureCells cells = PoolCells(texture, kConfig);
  const at::Tensor seen = cells.seen.repeat_interleave(3).gt(0.5);
  REQUIRE(seen.sum().item<int64_t>() > 30);
  REQUIRE(seen.logical_not().sum().item<int64_t>() > 15);

  // By the covariance of all cells in full, 90 x 90.
  const at::Tensor a = fitted.buffers.at("components").view({90, 2}).to(at::kDouble);
  const at::Tensor mean = fitted.buffers.at("mean").view({90}).to(at::kDouble);
  const at::Tensor x = cells.colours.view({90}).to(at::kDouble);
  const at::Tensor signal = a.mm(a.t());
  const at::Tensor noise = fitted.buffers.at("noise").repeat_interleave(3).to(at::kDouble).diag();
  const at::Tensor known = seen.nonzero().squeeze(1);
  const auto rows = [&](const at::Tensor& matrix) { return matrix.index_select(0, known); };
  const at::Tensor among = rows(signal + noise).index_select(1, known);
  const at::Tensor expected =
      mean + signal.index_select(1, known).mv(
                 at::linalg_solve(among, (rows(x) - rows(mean)).unsqueeze(1)).squeeze(1));

  const TextureMap complete = fitted.completion->Complete(texture);
  int moved = 0;
  for (int cell = 0; cell < 30; ++cell) {
    const at::Tensor colour = ColourOfCell(complete, cell);
    CAPTURE(cell);
    if (seen[3 * cell].item<bool>()) {
      CHECK(at::equal(colour, ColourOfCell(texture, cell)));
      continue;
    }
    const at::Tensor right = expected.slice(0, 3 * cell, 3 * cell + 3).clamp(0, 1);
    CHECK((colour - right).abs().max().item<double>() < 0.6 / 255);
    moved += (right - mean.slice(0, 3 * cell, 3 * cell + 3)).abs().max().item<double>() > 0.02;
  }
  CHECK(moved > 3);  // the seen cells did tell something
}

TEST_CASE("What stands in texels that were not seen changes nothing", "[models]") {
  const Fitted fitted = MakeFitted();
  TextureMap texture = DrawTexture(0.5);
  const TextureMap complete = fitted.completion->Complete(texture);
  for (size_t i = 0; i < texture.validity.data.size(); ++i) {
    if (texture.validity.data[i] == kTexelSeen) continue;
    texture.validity.data[i] = 0;
    std::fill_n(&texture.colours.data[3 * i], 3, uint8_t{9});
  }
  const TextureMap again = fitted.completion->Complete(texture);
  CHECK(again.colours == complete.colours);
  for (const uint8_t validity : again.validity.data)
    CHECK((validity == kTexelSeen || validity == kTexelGuessed));
}

TEST_CASE("Where nothing was seen, the mean person is painted", "[models]") {
  const Fitted fitted = MakeFitted();
  const TextureMap complete = fitted.completion->Complete(DrawTexture(0));
  const at::Tensor mean = fitted.buffers.at("mean").to(at::kDouble);
  for (int cell = 0; cell < 30; ++cell)
    CHECK((ColourOfCell(complete, cell) - mean[cell].clamp(0, 1)).abs().max().item<double>() <
          0.6 / 255);
}

TEST_CASE("Stripes run around the body, bars along it do not", "[models]") {
  TextureCompletion completion(TextureCompletionConfig{1, 2, 2});
  REQUIRE(LoadStateDict(*completion, {{"mean", at::full({96, 3}, 0.5)},
                                      {"components", at::zeros({96, 3, 1})},
                                      {"noise", at::ones({96})}}));
  constexpr int kSide = 24, kMiddle = kSide / 2;
  const bool around = GENERATE(true, false);
  TextureMap texture{Image(kAtlasRows * kSide, kAtlasColumns * kSide, 3),
                     Image(kAtlasRows * kSide, kAtlasColumns * kSide, 1)};
  // The torso's back, part 1; its front is the tile to the right.
  for (int y = 0; y < kSide; ++y) {
    for (int x = 0; x < kSide; ++x) {
      const int along = around ? y : x;
      std::fill_n(texture.colours.at(y, x), 3, uint8_t(along % 4 < 2 ? 208 : 48));
      *texture.validity.at(y, x) = kTexelSeen;
    }
  }
  const TextureMap complete = completion->Complete(texture);
  for (int y = 4; y < kSide - 4; ++y) {
    CAPTURE(y, around);
    const int front = complete.colours.at(y, kSide + kMiddle)[0];
    CHECK(std::abs(front - (!around ? 128 : y % 4 < 2 ? 197 : 59)) <= 12);
    CHECK(std::abs(complete.colours.at(y, 2 * kSide + kMiddle)[0] - 128) <= 1);  // a hand
  }
}

TEST_CASE("A texture completion of no components is refused", "[models]") {
  const auto config = ParseTextureCompletionConfig({{"components", 0}});
  REQUIRE_FALSE(config.has_value());
  CHECK(config.error().field == "texture_completion.config.components");
}

}  // namespace atelier::engine
