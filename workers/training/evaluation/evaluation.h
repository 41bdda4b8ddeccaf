// Judges a model folder on held-out rendered pairs: what it paints against the true picture, next
// to three baselines: copying the source; pasting the seen texels of its texture, warped, on its
// mean background; the whole warped texture, its holes filled as the model fills them, on the same.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <vector>

#include "base/result.h"
#include "engine/painter.h"
#include "engine/perception.h"
#include "people/body/body.h"
#include "training/data/pairs.h"
#include "training/metrics/published_metrics.h"
#include "training/metrics/scores.h"

namespace atelier::training {

struct EvaluationOptions {
  int pairs = 100;
  /// Number of the first held-out pair: its identity is kHeldOutIdentity + first, and its picture
  /// is painted from seed `first`.
  int first = 0;
  int batch = 4;
  /// Pairs shown from the start, of the worst and of the best, each.
  int shown = 8;
  /// Other people, in the pair's pose, view and light, that every picture could be taken for; 0:
  /// not measured.
  int line_up = 19;
  engine::PaintOptions paint;
};

/// Who judges beside the arithmetic; the networks may be null: not measured.
struct Judges {
  engine::FaceEmbedder* face = nullptr;  // REQUIRES: not null
  FidNetwork* fid = nullptr;
  LpipsNetwork* lpips = nullptr;
};

/// What is judged of every pair.
enum class Contender { kPainted, kCopied, kPasted, kWarped };
inline constexpr int kContenderCount = 4;
inline constexpr std::array<std::string_view, kContenderCount> kContenderNames = {
    "painted", "copied_source", "pasted_texture", "warped_texture"};

/// What the face similarities are to be read against.
struct FaceReference {
  /// Mean cosine of the same person in two rendered pictures (source and truth), and of the true
  /// faces of one pair and the one before it, who are other people.
  std::optional<double> same, other;
  int same_pairs = 0, other_pairs = 0;
};

struct PairResult {
  int index = 0;
  std::array<PictureScores, kContenderCount> scores;
};

struct ShownPair {
  PairResult result;
  /// Source, target IUV, warped texture, painted, truth.
  std::array<Image, 5> pictures;
};

struct Evaluation {
  std::array<Scores, kContenderCount> scores;
  FaceReference faces;
  std::vector<PairResult> pairs;
  /// By the painted person's PSNR; and the first of all.
  std::vector<ShownPair> worst, best, first;
  double seconds_per_picture = 0;

  const Scores& of(Contender contender) const { return scores[static_cast<size_t>(contender)]; }
};

/// `on_pair` hears of every finished pair.
Result<Evaluation> Evaluate(engine::Painter& painter, const Judges& judges,
                            const people::Body& body, const EvaluationOptions& options,
                            const std::function<void(int done)>& on_pair);

}  // namespace atelier::training
