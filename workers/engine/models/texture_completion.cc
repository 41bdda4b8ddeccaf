#include "engine/models/texture_completion.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <vector>

#include "base/body.h"
#include "engine/images/tensor.h"
#include "engine/weights/json_reader.h"

namespace atelier::engine {
namespace {

constexpr int64_t kHeadParts = 2;
static_assert(static_cast<int>(BodyPart::kRightHead) == kBodyPartCount - 1 &&
                  static_cast<int>(BodyPart::kLeftHead) == kBodyPartCount,
              "the head's parts are the atlas's last");
constexpr int64_t kBodyParts = kBodyPartCount - kHeadParts;

/// An atlas [1, C, 4t, 6t] by parts: [24, C, t, t].
at::Tensor Tiles(const at::Tensor& atlas) {
  const int64_t channels = atlas.size(1), tile = atlas.size(2) / kAtlasRows;
  return atlas.view({channels, kAtlasRows, tile, kAtlasColumns, tile})
      .permute({1, 3, 0, 2, 4})
      .reshape({kBodyPartCount, channels, tile, tile});
}

/// Inverse of Tiles().
at::Tensor Atlas(const at::Tensor& tiles) {
  const int64_t channels = tiles.size(1), tile = tiles.size(2);
  return tiles.view({kAtlasRows, kAtlasColumns, channels, tile, tile})
      .permute({2, 0, 3, 1, 4})
      .reshape({1, channels, kAtlasRows * tile, kAtlasColumns * tile});
}

/// Means over each cell: [24, C, t, t] -> [cells, C].
at::Tensor Pool(const at::Tensor& tiles, const TextureCompletionConfig& config) {
  const auto pool = [&](int64_t first, int64_t end, int64_t side) {
    return at::adaptive_avg_pool2d(tiles.slice(0, first, end), {side, side})
        .permute({0, 2, 3, 1})
        .reshape({-1, tiles.size(1)});
  };
  return at::cat(
      {pool(0, kBodyParts, config.body_side), pool(kBodyParts, kBodyPartCount, config.head_side)});
}

/// Bilinear between the middles of cells: [cells, C] -> [24, C, tile, tile].
at::Tensor Unpool(const at::Tensor& cells, int64_t tile, const TextureCompletionConfig& config) {
  const auto unpool = [&](const at::Tensor& part_cells, int64_t parts, int64_t side) {
    const at::Tensor grid =
        part_cells.view({parts, side, side, cells.size(1)}).permute({0, 3, 1, 2}).contiguous();
    return at::upsample_bilinear2d(grid, {tile, tile}, /*align_corners=*/false);
  };
  const int64_t body = config.body_cells();
  return at::cat({unpool(cells.slice(0, 0, body), kBodyParts, config.body_side),
                  unpool(cells.slice(0, body), kHeadParts, config.head_side)});
}

/// A texture as tensors, part by part.
struct TexelTiles {
  at::Tensor colours;  // [24, 3, t, t] in 0..1
  at::Tensor seen;     // [24, 1, t, t]: 1 where a texel was seen, else 0

  explicit TexelTiles(const TextureMap& texture)
      : colours(Tiles(ToTensor(texture.colours))),
        seen(Tiles(ToTensor(texture.validity)).ge(1.0f).to(at::kFloat)) {}
};

TextureCells PoolCells(const TexelTiles& tiles, const TextureCompletionConfig& config) {
  const at::Tensor share = Pool(tiles.seen, config);
  return {Pool(tiles.colours * tiles.seen, config) / share.clamp_min(1e-6), share.squeeze(1)};
}

/// Numbers from 0 of the parts that `neighbour` names, part by part.
at::Tensor PartsBy(BodyPart BodyPartInfo::*neighbour) {
  std::vector<int64_t> parts;
  for (int part = 1; part <= kBodyPartCount; ++part)
    parts.push_back(static_cast<int64_t>(InfoOf(static_cast<BodyPart>(part)).*neighbour) - 1);
  return at::tensor(parts, at::kLong);
}

/// What the texels seen at one height of a limb or of the trunk have in common beyond their cells'
/// colours, front and back and the mirrored limb together: stripes run around the body.
/// `cells` are those of `tiles`; -> [24, 3, t, 1]; zero for hands, feet and head.
at::Tensor StripesAround(const TexelTiles& tiles, const TextureCells& cells,
                         const TextureCompletionConfig& config) {
  const int64_t tile = tiles.seen.size(2);
  const at::Tensor share = cells.seen.unsqueeze(1);
  const at::Tensor smooth =
      Unpool(cells.colours * share, tile, config) / Unpool(share, tile, config).clamp_min(1e-3);
  const at::Tensor self = at::arange(kBodyPartCount);
  const at::Tensor opposite = PartsBy(&BodyPartInfo::opposite);
  const at::Tensor mirror = PartsBy(&BodyPartInfo::mirror);
  const auto has = [&](const at::Tensor& neighbour) {
    return neighbour.ne(self).to(at::kFloat).view({-1, 1, 1, 1});
  };
  const auto around = [&](const at::Tensor& sums) {
    const at::Tensor both = sums + sums.index_select(0, opposite);
    return has(opposite) * (both + has(mirror) * both.index_select(0, mirror));
  };
  // A row of few texels says little: as many again of no detail are added.
  const auto few = static_cast<double>(tile) / 6;
  return around(((tiles.colours - smooth) * tiles.seen).sum(3, true)) /
         (around(tiles.seen.sum(3, true)) + few);
}

}  // namespace

int64_t TextureCompletionConfig::cells() const {
  return body_cells() + kHeadParts * head_side * head_side;
}

int64_t TextureCompletionConfig::body_cells() const { return kBodyParts * body_side * body_side; }

Result<TextureCompletionConfig> ParseTextureCompletionConfig(const nlohmann::json& json) {
  TextureCompletionConfig config;
  JsonReader reader(json, "texture_completion.config");
  reader.Optional("components", config.components, 1, 1024);
  reader.Optional("body_side", config.body_side, 1, 64);
  reader.Optional("head_side", config.head_side, 1, 64);
  ATELIER_RETURN_IF_ERROR(reader.FinishStrict());
  return config;
}

TextureCells PoolCells(const TextureMap& texture, const TextureCompletionConfig& config) {
  return PoolCells(TexelTiles(texture), config);
}

TextureCompletionImpl::TextureCompletionImpl(const TextureCompletionConfig& config)
    : config_(config) {
  // In single precision whatever the networks run in: a byte's worth of colour is at stake.
  const int64_t cells = config.cells();
  mean_ = register_buffer("mean", at::zeros({cells, 3}, at::kFloat));
  components_ = register_buffer("components", at::zeros({cells, 3, config.components}, at::kFloat));
  noise_ = register_buffer("noise", at::ones({cells}, at::kFloat));
}

at::Tensor TextureCompletionImpl::ConditionalMean(const TextureCells& cells) const {
  const at::Tensor a = components_.flatten(0, 1);  // [3 cells, K]
  const at::Tensor precision = (cells.seen / noise_).repeat_interleave(3).unsqueeze(1);
  const at::Tensor weighed = (a * precision).t();  // [K, 3 cells]
  const at::Tensor system =
      at::eye(config_.components, at::TensorOptions().dtype(at::kFloat)) + weighed.mm(a);
  const at::Tensor right = weighed.mm((cells.colours - mean_).view({-1, 1}));
  const at::Tensor z = at::cholesky_solve(right, at::linalg_cholesky(system));
  return mean_ + a.mm(z).view_as(mean_);
}

TextureMap TextureCompletionImpl::Complete(const TextureMap& texture) const {
  const at::NoGradGuard no_grad;
  const TexelTiles tiles(texture);
  const TextureCells cells = PoolCells(tiles, config_);
  const at::Tensor guess = Unpool(ConditionalMean(cells), tiles.seen.size(2), config_) +
                           StripesAround(tiles, cells, config_);
  const at::Tensor whole = at::where(tiles.seen.gt(0), tiles.colours, guess);
  TextureMap complete{ToImage(Atlas(whole).clamp(0, 1)), texture.validity};
  for (uint8_t& validity : complete.validity.data) validity = std::max(validity, kTexelGuessed);
  return complete;
}

}  // namespace atelier::engine
