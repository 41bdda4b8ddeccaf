#include "edit/bench/bench_summary.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace atelier::edit {
namespace {

/// Linear between the values around it. REQUIRES: not empty.
double Quantile(std::vector<double> values, double share) {
  std::sort(values.begin(), values.end());
  const double at = share * static_cast<double>(values.size() - 1);
  const auto below = static_cast<size_t>(at);
  const size_t above = std::min(below + 1, values.size() - 1);
  return std::lerp(values[below], values[above], at - static_cast<double>(below));
}

double MeanOf(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

using Edits = std::vector<const EditResult*>;

/// Mean of `value` over the edits.
template <typename Value>
double Mean(const Edits& edits, const Value& value) {
  double sum = 0;
  for (const EditResult* edit : edits) sum += value(*edit);
  return sum / static_cast<double>(edits.size());
}

EditScores MeanScores(const Edits& edits, size_t contender) {
  const auto mean = [&](double EditScores::*score) {
    return Mean(edits, [&](const EditResult& e) { return e.scores[contender].*score; });
  };
  EditScores out;
  for (double EditScores::*score :
       {&EditScores::psnr_inside, &EditScores::psnr_outside, &EditScores::ssim_inside,
        &EditScores::ssim_outside, &EditScores::delta_e, &EditScores::edge_fidelity,
        &EditScores::boundary_error}) {
    out.*score = mean(score);
  }
  for (const auto score : {&EditScores::untouched, &EditScores::change_agreement}) {
    if (!(edits.front()->scores[contender].*score)) continue;
    out.*score =
        Mean(edits, [&](const EditResult& e) { return (e.scores[contender].*score).value_or(0); });
  }
  return out;
}

std::optional<FaceSummary> MeanFaces(Edits edits) {
  std::erase_if(edits, [](const EditResult* edit) { return !edit->faces; });
  if (edits.empty()) return std::nullopt;
  FaceSummary out;
  out.edits = static_cast<int>(edits.size());
  const auto mean = [&](const auto& of) {
    return FaceSimilarity{Mean(edits, [&](const EditResult& e) { return of(e).to_donor; }),
                          Mean(edits, [&](const EditResult& e) { return of(e).to_base; })};
  };
  for (size_t i = 0; i < out.contenders.size(); ++i) {
    out.contenders[i] = mean([&](const EditResult& e) { return (*e.faces)[i]; });
  }
  out.truth = mean([](const EditResult& e) { return *e.true_face; });
  return out;
}

EditSummary SummaryOf(std::string name, const Edits& edits) {
  EditSummary out;
  out.name = std::move(name);
  out.edits = static_cast<int>(edits.size());
  if (edits.empty()) return out;
  for (size_t i = 0; i < out.scores.size(); ++i) out.scores[i] = MeanScores(edits, i);
  std::vector<double> gains;
  for (const EditResult* edit : edits) {
    gains.push_back(edit->Gain());
    if (!edit->refusal.empty()) ++out.refused;
  }
  out.gain_mean = MeanOf(gains);
  out.gain_median = Quantile(gains, .5);
  out.gain_tenth = Quantile(gains, .1);
  out.clear_share =
      Mean(edits, [](const EditResult& e) { return e.Gain() >= kClearGain ? 1.0 : 0.0; });
  out.seconds = Mean(edits, [](const EditResult& e) { return e.seconds; });
  out.faces = MeanFaces(edits);
  return out;
}

template <typename Keep>
Edits EditsOf(const BenchResult& result, const Keep& keep) {
  Edits edits;
  for (const EditResult& edit : result.edits) {
    if (edit.masked_pixels >= kLeastMaskedPixels && keep(edit.region)) edits.push_back(&edit);
  }
  return edits;
}

}  // namespace

std::vector<EditSummary> Summarise(const BenchResult& result) {
  std::vector<EditSummary> out;
  int garments = 0;
  for (const BenchRegion region : result.options.regions) {
    if (region != BenchRegion::kFace) ++garments;
    out.push_back(SummaryOf(std::string(NameOf(region)),
                            EditsOf(result, [&](BenchRegion r) { return r == region; })));
  }
  if (garments > 1) {
    out.push_back(SummaryOf(
        "garments", EditsOf(result, [](BenchRegion r) { return r != BenchRegion::kFace; })));
  }
  return out;
}

std::vector<OverlapSummary> SummariseOverlaps(const BenchResult& result) {
  std::vector<std::string> labels;
  for (const LabelOverlap& overlap : result.overlaps) {
    if (std::find(labels.begin(), labels.end(), overlap.label) == labels.end()) {
      labels.push_back(overlap.label);
    }
  }
  std::vector<OverlapSummary> out;
  for (const std::string& label : labels) {
    std::vector<double> values;
    for (const LabelOverlap& overlap : result.overlaps) {
      if (overlap.label == label) values.push_back(overlap.iou);
    }
    out.push_back({label, static_cast<int>(values.size()), MeanOf(values), Quantile(values, .1)});
  }
  return out;
}

}  // namespace atelier::edit
