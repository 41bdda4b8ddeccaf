// EditBench: edits of rendered people, whose exact answer is known.
//
//   auto swaps = LoadRegionSwaps(body, files, {.bodies = BenchBodies::kFitted});
//   Result<BenchResult> result = RunBench(*body, **swaps, options, on_case);
//   std::fputs(TableOf(*result).c_str(), stdout);
//
// Case i is a pair of people of whom no network was trained on: the base has seed 9,300,000 + 2 i
// and the donor the next one, each in a pose, a view and a light of their own, within 35 degrees of
// facing the camera. An edit gives the base one region of the donor. Pictures have 512 x 352 pixels
// and are scored at half that size.
#pragma once

#include <array>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "edit/bench/edit_method.h"
#include "edit/bench/edit_scores.h"
#include "engine/painter.h"
#include "engine/perception.h"

namespace atelier::edit {

/// Pictures that are compared with the truth.
enum class Contender {
  kUnedited,  // the base; in a new pose, the base truly rendered there
  kNaive,     // NaivePaste(), NaiveRepose()
  kOurs,      // the method's
};
inline constexpr int kContenderCount = 3;
inline constexpr std::array<std::string_view, kContenderCount> kContenderNames = {"unedited",
                                                                                  "naive", "ours"};
inline constexpr size_t IndexOf(Contender contender) { return static_cast<size_t>(contender); }

struct BenchOptions {
  /// Pairs of people; each has one edit of every region.
  int cases = 50;
  int first = 0;
  BenchPose pose = BenchPose::kOwn;
  std::vector<BenchRegion> regions = {BenchRegion::kUpper, BenchRegion::kLower,
                                      BenchRegion::kOutfit, BenchRegion::kFace};
  /// Null: the similarity of faces is not measured.
  engine::FaceEmbedder* face = nullptr;
  /// Folder for one PNG a case, one row an edit: base, donor, naive, ours, truth; of face edits the
  /// face alone. Empty: none.
  std::filesystem::path sheets = {};
  /// Of OpenCV, for the whole process; 0 = one per core.
  int threads = 0;
};

/// Cosines between a face network's embeddings of the face in an edited picture and in the
/// donor's and base's own pictures.
struct FaceSimilarity {
  double to_donor = 0;
  double to_base = 0;
};

struct EditResult {
  int case_index = 0;
  BenchRegion region = BenchRegion::kUpper;
  /// Of the true mask, at the scored size.
  int masked_pixels = 0;
  std::array<EditScores, kContenderCount> scores;
  /// Of face edits whose two faces are seen, where there is a face network.
  std::optional<std::array<FaceSimilarity, kContenderCount>> faces;
  /// The same of the true picture: what a perfect edit reaches.
  std::optional<FaceSimilarity> true_face;
  /// Wall time of the method, reading the two people not included.
  double seconds = 0;
  /// MadeEdit::measures.
  std::vector<std::pair<std::string, double>> measures;
  /// Why the method refused the edit, and the unedited picture was scored for it; empty: it did
  /// not.
  std::string refusal;

  /// Inside the mask, against the better one of the baselines; dB.
  double Gain() const;
};

/// A case of which the method could not read a person: none of its edits are scored.
struct SkippedCase {
  int case_index = 0;
  std::string why;
};

struct BenchResult {
  BenchOptions options;
  std::string method;
  std::vector<EditResult> edits;
  std::vector<SkippedCase> skipped;
  /// Of every person read, where the rendering shows enough of the label.
  std::vector<LabelOverlap> overlaps;
  /// Wall time of reading two people, mean.
  double seconds_reading = 0;
};

/// Runs the cases on one thread. The result is the same on every run but for its times. Errors of
/// rendering none; of the face network and of writing sheets as theirs.
Result<BenchResult> RunBench(const people::Body& body, EditMethod& method,
                             const BenchOptions& options,
                             const std::function<void(int done)>& on_case);

struct BenchFiles {
  /// What Parser::Load() reads.
  std::filesystem::path parser_prior;
  /// Folder of the networks for photographs. May be empty for exact bodies: then no face's points
  /// are known.
  std::filesystem::path photograph_networks;
};

struct SwapOptions {
  BenchBodies bodies = BenchBodies::kExact;
  /// The regions that the renderings truly show, in the parser's stead: what a perfect parser would
  /// reach.
  bool true_regions = false;
  /// In a new pose: the model that paints what the edited person's pixels do not show; null: none,
  /// their own colours go on there.
  engine::Painter* painter = nullptr;
  /// The network of the painter's face embedding; null: it is told of no face.
  engine::FaceEmbedder* face = nullptr;
};

/// The project's own edits; the networks of `options` outlive them. Errors as Parser::Load() and
/// the networks' Load().
Result<std::unique_ptr<EditMethod>> LoadRegionSwaps(std::shared_ptr<const people::Body> body,
                                                    const BenchFiles& files,
                                                    const SwapOptions& options);

/// For a terminal.
std::string TableOf(const BenchResult& result);

/// JSON of the summary and of every edit.
std::string JsonOf(const BenchResult& result);

}  // namespace atelier::edit
