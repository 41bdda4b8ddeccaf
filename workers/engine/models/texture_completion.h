// TextureCompletion: what the texels that a picture did not show look like, given those it did.
//
// Atlases of people are taken to be Gaussian: a mean, K principal components and a noise. Holes
// take the conditional mean (probabilistic PCA with missing data; Tipping and Bishop 1999, eq. 6):
// for cells x seen, z = (1 + A^T N^-1 A)^-1 A^T N^-1 (x - mean), and every cell is mean + A z. So a
// face that was turned away gets eyes, and skin of the colour of the hands. Patterns finer than a
// cell, such as stripes, are continued around the body.
//
// A cell pools a square of one part's texels; cells of the head's two parts are finer.
#pragma once

#include <torch/nn.h>

#include <cstdint>
#include <nlohmann/json_fwd.hpp>

#include "base/result.h"
#include "engine/texture/texture_map.h"

namespace atelier::engine {

struct TextureCompletionConfig {
  /// Principal components.
  int64_t components = 48;
  /// Cells along a side of a part's tile, and of a head part's.
  int64_t body_side = 8;
  int64_t head_side = 24;

  /// Cells of the whole atlas: body parts in order of their numbers, rows of each, then the head's.
  int64_t cells() const;
  /// Those of the body parts alone, which come first.
  int64_t body_cells() const;
};

Result<TextureCompletionConfig> ParseTextureCompletionConfig(const nlohmann::json& json);

struct TextureCells {
  at::Tensor colours;  // float32 [cells, 3] in 0..1: means of the texels seen; zero where none was
  at::Tensor seen;     // float32 [cells] in 0..1: share of a cell's texels that was seen
};

/// Pools the texels that `texture` marks as seen.
TextureCells PoolCells(const TextureMap& texture, const TextureCompletionConfig& config);

class TextureCompletionImpl : public torch::nn::Module {
 public:
  explicit TextureCompletionImpl(const TextureCompletionConfig& config);

  /// `texture` with every texel that was not seen replaced, whatever stood there; nothing that was
  /// seen changes. Texels of validity 0 become guessed ones. Any number of threads at once.
  TextureMap Complete(const TextureMap& texture) const;

 private:
  /// The conditional mean of all cells, [cells, 3].
  at::Tensor ConditionalMean(const TextureCells& cells) const;

  TextureCompletionConfig config_;
  at::Tensor mean_;        // [cells, 3]
  at::Tensor components_;  // [cells, 3, components], A
  at::Tensor noise_;       // [cells], N: a seen cell's variance about mean + A z
};
TORCH_MODULE(TextureCompletion);

}  // namespace atelier::engine
