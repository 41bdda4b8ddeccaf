// Judges painted sequences on rendered motions whose truth is known: how good the frames are next
// to pictures painted one by one, how steady they are, and how much is lost where the poses are
// read from the film instead of given.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "engine/painter.h"
#include "engine/perception.h"
#include "people/fit/body_fitter.h"
#include "people/motion/motion.h"
#include "training/sequences/rendered_sequence.h"

namespace atelier::training {

/// What is seen of a person in a film's frames, which may be larger than the painted ones.
class PoseReader {
 public:
  virtual ~PoseReader() = default;
  /// Nothing when nobody is seen.
  virtual Result<std::optional<people::PersonObservation>> Observe(const Image& picture) = 0;
};

/// How the frames of a sequence are painted.
enum class SequenceContender {
  kExact,    // the renderer's IUVs; frames in batches, one noise, steadied (steady_picture.h)
  kRaw,      // the same without steadying
  kSingle,   // the same IUVs; every picture by itself, with a noise of its own
  kFilm,     // as kExact, poses read from the rendered film by people::FilmFitter
  kSteady,   // every frame's body fitted by itself, then people::SteadyMotion()
  kAlone,    // every frame's body fitted by itself
  kNetwork,  // every frame read by the model's own pose network
};
inline constexpr int kSequenceContenderCount = 7;
inline constexpr std::array<std::string_view, kSequenceContenderCount> kSequenceContenderNames = {
    "exact", "raw", "single", "film", "steady", "alone", "network"};

/// Means over a sequence's frames.
struct SequenceScores {
  double person_psnr = 0;
  double psnr = 0;
  /// Grey levels: Flicker::painted() and truth(), of the person's pixels.
  double flicker_painted = 0, flicker_truth = 0;
  /// Over the truth's; of the person's pixels, and of all.
  std::optional<double> flicker, flicker_all;
  std::optional<double> hand_ssim;
  /// Pixels at kFpdmScoreHeight: mean of |x| and |y| differences of the hands' landmarks as one
  /// network reads them in the painting and in the truth.
  std::optional<double> hand_error;
  /// Of the poses: share of the true IUV's pixels with the right part.
  double right_parts = 0;
  double seconds_per_frame = 0;
};

struct SequenceResult {
  int index = 0;
  people::MotionKind kind = people::MotionKind::kWalk;
  /// Nothing where the poses were not read.
  std::array<std::optional<SequenceScores>, kSequenceContenderCount> scores;
  /// Frames of FilmFitter's that are no fits.
  int bridged = 0, nobody = 0;
};

struct SequenceBenchOptions {
  int sequences = 5;
  int first = 0;
  int batch = 4;
  SequenceOptions sequence;
  engine::PaintOptions paint;
  /// Folder for a PNG a sequence; empty: none.
  std::filesystem::path sheets;
};

/// What judges; all but `body` may be null.
struct SequenceJudges {
  std::shared_ptr<const people::Body> body;
  engine::FaceEmbedder* face = nullptr;
  /// The model's own pose network; null: nothing is painted from it.
  engine::PoseEstimator* network = nullptr;
  /// Null: poses are not read, hands' errors not measured.
  PoseReader* reader = nullptr;
};

/// `on_sequence` hears of every finished sequence. Errors of painting, reading and of writing
/// sheets.
Result<std::vector<SequenceResult>> RunSequenceBench(
    engine::Painter& painter, const SequenceJudges& judges, const SequenceBenchOptions& options,
    const std::function<void(int done)>& on_sequence);

/// Means of `results`, of walks alone or of all; nothing for contenders that were not run.
std::array<std::optional<SequenceScores>, kSequenceContenderCount> MeansOf(
    const std::vector<SequenceResult>& results, bool walks_alone);

}  // namespace atelier::training
