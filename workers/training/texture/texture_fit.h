// Fits a model's texture completion to rendered people, each seen from all sides.
#pragma once

#include <atomic>
#include <filesystem>

#include "base/result.h"
#include "engine/model_folder/model_folder.h"
#include "people/body/body.h"
#include "training/data/pairs.h"

namespace atelier::training {

struct TextureFitOptions {
  PairOptions pair;
  /// People to render, eight times each.
  int identities = 2000;
  int render_threads = 1;
  /// Held-out pairs to judge on.
  int evaluation_pairs = 100;
};

/// Mean PSNR on the target's body where the source did not show it, in dB: holes filled by their
/// neighbours (ExtractTextureMap()), and completed.
struct TextureFitScore {
  double filled = 0;
  double completed = 0;
};

/// Writes `out`/texture_completion.safetensors (float16) and grid.png: the source, its texture laid
/// over the target's pose with holes filled by neighbours, the same completed, and the truth.
/// `stop` (Ctrl-C) ends the rendering early; the fit is then made on the people there are.
Result<TextureFitScore> FitTexture(const people::Body& body, const engine::ModelFolder& folder,
                                   const TextureFitOptions& options,
                                   const std::filesystem::path& out, const std::atomic<bool>& stop);

}  // namespace atelier::training
