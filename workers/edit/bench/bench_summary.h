// Means of what EditBench measured.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "edit/bench/bench.h"

namespace atelier::edit {

/// Edits whose mask has fewer pixels at the scored size are left out of all means.
inline constexpr int kLeastMaskedPixels = 24;
/// What counts as a gain that is seen, dB.
inline constexpr double kClearGain = 2;

struct FaceSummary {
  int edits = 0;
  std::array<FaceSimilarity, kContenderCount> contenders;
  FaceSimilarity truth;
};

struct EditSummary {
  /// "upper", ...; "garments": all but faces.
  std::string name;
  int edits = 0;
  int refused = 0;
  std::array<EditScores, kContenderCount> scores;
  double gain_mean = 0, gain_median = 0;
  /// Nine of ten edits gain more.
  double gain_tenth = 0;
  /// Share of edits with a gain of kClearGain or more.
  double clear_share = 0;
  double seconds = 0;
  std::optional<FaceSummary> faces;
};

/// One for each region of the options, then "garments" where there are several garments.
std::vector<EditSummary> Summarise(const BenchResult& result);

struct OverlapSummary {
  std::string label;
  int people = 0;
  double mean = 0;
  /// Nine of ten people have more.
  double tenth = 0;
};

std::vector<OverlapSummary> SummariseOverlaps(const BenchResult& result);

}  // namespace atelier::edit
