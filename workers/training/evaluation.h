// Judges a model folder on held-out rendered pairs: what it paints against the true picture, next
// to two baselines (copying the source; the warped texture on the source's background).
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "base/result.h"
#include "engine/painter.h"
#include "engine/perception.h"
#include "people/body.h"
#include "training/pairs.h"

namespace atelier::training {

struct EvaluationOptions {
  int pairs = 100;
  /// First held-out pair.
  int first = 0;
  int batch = 4;
  /// Pairs shown in the grid.
  int grid_rows = 16;
  engine::PaintOptions paint;
};

/// Means over the pairs. PSNR in dB, peak 255; "person" over the target's person mask; "seen" and
/// "unseen" over its IUV pixels whose texture the source showed (validity 255) or did not.
struct Scores {
  double psnr = 0;
  double person_psnr = 0;
  double seen_psnr = 0;
  double unseen_psnr = 0;
  /// SSIM of the luma, 11x11 Gaussian window of sigma 1.5, dynamic range 255, over all windows.
  double ssim = 0;
};

struct Evaluation {
  int pairs = 0;
  Scores painted, copied, warped;
  double seconds_per_picture = 0;
  /// Source, IUV, warped texture, painted, truth; a row a pair.
  Image grid;
};

/// `on_pair` hears of every finished pair.
Result<Evaluation> Evaluate(engine::Painter& painter, engine::FaceEmbedder& face,
                            const people::Body& body, const EvaluationOptions& options,
                            const std::function<void(int done)>& on_pair);

}  // namespace atelier::training
