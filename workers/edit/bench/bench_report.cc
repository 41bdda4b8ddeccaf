// The table and the JSON of EditBench.
#include <cstdarg>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "edit/bench/bench_summary.h"

namespace atelier::edit {
namespace {

using nlohmann::json;

__attribute__((format(printf, 2, 3))) void Print(std::string& out, const char* format, ...) {
  char line[512];
  va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(line, sizeof line, format, arguments);
  va_end(arguments);
  out += line;
}

const char* PoseName(BenchPose pose) { return pose == BenchPose::kOwn ? "own" : "new"; }

void PrintScores(const EditSummary& summary, std::string& out) {
  if (summary.edits == 0) {
    Print(out, "%-9s no edit shows enough of it\n", summary.name.c_str());
    return;
  }
  for (size_t i = 0; i < kContenderCount; ++i) {
    const EditScores& s = summary.scores[i];
    Print(out, "%-9s %-9s %7.2f %7.4f %6.2f %8.2f %8.2f %8.4f %6.3f",
          i == 0 ? summary.name.c_str() : "", std::string(kContenderNames[i]).c_str(),
          s.psnr_inside, s.ssim_inside, s.delta_e, s.boundary_error, s.psnr_outside, s.ssim_outside,
          s.edge_fidelity);
    if (s.untouched) Print(out, " %8.2f %%", 100 * *s.untouched);
    if (s.change_agreement) Print(out, " %6.3f", *s.change_agreement);
    out += '\n';
  }
  Print(out,
        "%9s %d edits, %d refused: gain %+.2f dB (median %+.2f, a tenth below %+.2f), "
        "%.0f dB or more in %.0f %%; %.2f s an edit\n",
        "", summary.edits, summary.refused, summary.gain_mean, summary.gain_median,
        summary.gain_tenth, kClearGain, 100 * summary.clear_share, summary.seconds);
}

void PrintFaces(const FaceSummary& faces, std::string& out) {
  Print(out, "\nfaces of %d edits, cosine to the donor's / to the base's:", faces.edits);
  for (size_t i = 0; i < kContenderCount; ++i) {
    Print(out, " %s %.3f / %.3f,", std::string(kContenderNames[i]).c_str(),
          faces.contenders[i].to_donor, faces.contenders[i].to_base);
  }
  Print(out, " truth %.3f / %.3f\n", faces.truth.to_donor, faces.truth.to_base);
}

json OrNull(const std::optional<double>& value) { return value ? json(*value) : json(); }

json ScoresJson(const EditScores& s) {
  return {{"psnr_inside_db", s.psnr_inside},
          {"psnr_outside_db", s.psnr_outside},
          {"ssim_inside", s.ssim_inside},
          {"ssim_outside", s.ssim_outside},
          {"ciede2000_inside", s.delta_e},
          {"boundary_rmse", s.boundary_error},
          {"edge_fidelity", s.edge_fidelity},
          {"untouched_share", OrNull(s.untouched)},
          {"change_agreement", OrNull(s.change_agreement)}};
}

json FaceJson(const FaceSimilarity& face) {
  return {{"to_donor", face.to_donor}, {"to_base", face.to_base}};
}

/// `value` of every contender, by its name.
template <typename Value>
json OfContenders(const Value& value) {
  json out;
  for (size_t i = 0; i < kContenderCount; ++i) out[std::string(kContenderNames[i])] = value(i);
  return out;
}

json SummaryJson(const EditSummary& summary) {
  json out = {{"region", summary.name}, {"edits", summary.edits}, {"refused", summary.refused}};
  if (summary.edits == 0) return out;
  out["scores"] = OfContenders([&](size_t i) { return ScoresJson(summary.scores[i]); });
  out["gain_db"] = {{"mean", summary.gain_mean},
                    {"median", summary.gain_median},
                    {"tenth", summary.gain_tenth},
                    {"share_of_2_db", summary.clear_share}};
  out["seconds"] = summary.seconds;
  if (summary.faces) {
    json faces = OfContenders([&](size_t i) { return FaceJson(summary.faces->contenders[i]); });
    faces["truth"] = FaceJson(summary.faces->truth);
    faces["edits"] = summary.faces->edits;
    out["faces"] = faces;
  }
  return out;
}

json EditJson(const EditResult& edit) {
  json out = {{"case", edit.case_index},
              {"region", NameOf(edit.region)},
              {"masked_pixels", edit.masked_pixels},
              {"gain_db", edit.Gain()},
              {"seconds", edit.seconds},
              {"scores", OfContenders([&](size_t i) { return ScoresJson(edit.scores[i]); })}};
  for (const auto& [name, value] : edit.measures) out["measures"][name] = value;
  if (!edit.refusal.empty()) out["refusal"] = edit.refusal;
  if (edit.faces) {
    out["faces"] = OfContenders([&](size_t i) { return FaceJson((*edit.faces)[i]); });
    out["faces"]["truth"] = FaceJson(*edit.true_face);
  }
  return out;
}

}  // namespace

std::string TableOf(const BenchResult& result) {
  std::string out;
  Print(out, "%s: cases %d to %d, %s pose\n\n", result.method.c_str(), result.options.first,
        result.options.first + result.options.cases - 1, PoseName(result.options.pose));
  Print(out, "%-9s %-9s %7s %7s %6s %8s %8s %8s %6s %9s %6s\n", "", "", "PSNR in", "SSIM in",
        "dE2000", "border", "PSNR out", "SSIM out", "edges", "untouched", "agree");
  const std::vector<EditSummary> summaries = Summarise(result);
  for (const EditSummary& summary : summaries) PrintScores(summary, out);
  for (const EditSummary& summary : summaries) {
    if (summary.faces) PrintFaces(*summary.faces, out);
  }
  out += '\n';
  for (const OverlapSummary& overlap : SummariseOverlaps(result)) {
    Print(out, "parser's %s: IoU %.3f, a tenth below %.3f, %d people\n", overlap.label.c_str(),
          overlap.mean, overlap.tenth, overlap.people);
  }
  Print(out, "reading two people: %.2f s\n", result.seconds_reading);
  for (const SkippedCase& skipped : result.skipped) {
    Print(out, "case %d skipped: %s\n", skipped.case_index, skipped.why.c_str());
  }
  return out;
}

std::string JsonOf(const BenchResult& result) {
  json summaries = json::array(), edits = json::array(), skipped = json::array();
  for (const EditSummary& summary : Summarise(result)) summaries.push_back(SummaryJson(summary));
  for (const EditResult& edit : result.edits) edits.push_back(EditJson(edit));
  for (const SkippedCase& s : result.skipped) {
    skipped.push_back({{"case", s.case_index}, {"why", s.why}});
  }
  json overlaps = json::object();
  for (const OverlapSummary& overlap : SummariseOverlaps(result)) {
    overlaps[overlap.label] = {
        {"people", overlap.people}, {"iou_mean", overlap.mean}, {"iou_tenth", overlap.tenth}};
  }
  const json out = {{"method", result.method},
                    {"first_case", result.options.first},
                    {"cases", result.options.cases},
                    {"pose", PoseName(result.options.pose)},
                    {"summary", summaries},
                    {"parser", overlaps},
                    {"seconds_reading", result.seconds_reading},
                    {"skipped", skipped},
                    {"edits", edits}};
  return out.dump(2) + "\n";
}

}  // namespace atelier::edit
