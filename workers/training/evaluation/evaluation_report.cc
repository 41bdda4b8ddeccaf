#include "training/evaluation/evaluation_report.h"

#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "people/files/png_writer.h"

namespace atelier::training {
namespace {

using nlohmann::json;

constexpr const char* kNoWeights = "not measured (no weights given)";
constexpr const char* kDefinitions =
    "<h2>What the figures are</h2>\n<p class=dim>All at the painted size, on held-out rendered "
    "people, means over the pairs. PSNR: peak 255, 99 where nothing differs; the person by the "
    "true "
    "mask; texture seen or unseen by the source, on the target's body parts. SSIM: luma, 11x11 "
    "Gaussian window of sigma 1.5, windows inside the picture. Edge fidelity: gradient projected "
    "on the "
    "truth's at its strongest tenth of edges, over the truth's own; gradient where the truth is "
    "even: "
    "over the truth's, in the evener half of the person. Face similarity: cosine of the "
    "model's own face network between the picture and the truth, where the true face is seen. "
    "The right one of 20: as many people are drawn in the target's pose, view and light; the share "
    "of pictures whose PSNR is highest against the true one. "
    "LPIPS 0.1: pictures at their own size in -1..1. FID: pytorch-fid's Inception, bilinear to "
    "299x299 without antialias, -1..1, 2048 pool features, true pictures as the reference.</p>\n";
constexpr std::array<const char*, kContenderCount> kTitles = {
    "painted", "copy of the source", "seen texture pasted on the source's background",
    "the same, texture completed"};
constexpr std::array<const char*, 5> kPictureTitles = {"source", "pose", "warped", "painted",
                                                       "truth"};

constexpr const char* kStyle = R"(
:root { color-scheme: light dark; --line: #8884; --dim: #777; }
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 64rem; padding: 0 1rem; }
h1 { font-size: 1.5rem; margin-bottom: 0; } h2 { font-size: 1.15rem; margin-top: 2.2rem; }
table { border-collapse: collapse; } td, th { padding: .25rem .9rem; text-align: right; }
th { font-weight: 600; } tr + tr { border-top: 1px solid var(--line); }
td:first-child, th:first-child { text-align: left; padding-left: 0; }
td { font-variant-numeric: tabular-nums; } .dim, figcaption { color: var(--dim); }
.scroll { overflow-x: auto; } .pair { display: flex; gap: 4px; margin-bottom: .8rem; }
figure { margin: 0; flex: 1; min-width: 0; } img { width: 100%; display: block; }
figcaption { font-size: .8rem; }
)";

json OrNull(const std::optional<double>& value) { return value ? json(*value) : json(); }

json RegionJson(const RegionScores& r) {
  if (r.pairs == 0) return {{"pairs", 0}};
  return {{"pairs", r.pairs},
          {"psnr_db", r.psnr},
          {"colour_delta_e", r.colour_delta_e},
          {"texture_error", r.texture_error},
          {"texture_kept", r.texture_kept}};
}

json ScoresJson(const Scores& s) {
  json regions = json::object();
  for (size_t i = 0; i < kJudgedRegionCount; ++i)
    regions[std::string(kJudgedRegionNames[i])] = RegionJson(s.regions[i]);
  return {{"psnr_db", s.psnr},
          {"person_psnr_db", s.person_psnr},
          {"person_seen_psnr_db", OrNull(s.seen_psnr)},
          {"person_unseen_psnr_db", OrNull(s.unseen_psnr)},
          {"ssim", s.ssim},
          {"edge_fidelity", OrNull(s.edge_fidelity)},
          {"flat_gradient", OrNull(s.flat_gradient)},
          {"face_similarity", OrNull(s.face_similarity)},
          {"recognised", OrNull(s.recognised)},
          {"lpips", OrNull(s.lpips)},
          {"fid", OrNull(s.fid)},
          {"regions", regions}};
}

json PairsJson(const std::vector<PairResult>& pairs) {
  json rows = json::array();
  for (const PairResult& pair : pairs) {
    const PictureScores& s = pair.scores[static_cast<size_t>(Contender::kPainted)];
    rows.push_back({{"pair", pair.index},
                    {"psnr_db", s.psnr},
                    {"person_psnr_db", s.person_psnr},
                    {"ssim", s.ssim},
                    {"face_similarity", OrNull(s.face_similarity)},
                    {"recognised", s.recognised ? json(*s.recognised) : json()},
                    {"lpips", OrNull(s.lpips)}});
  }
  return rows;
}

std::string Base64(const std::vector<uint8_t>& bytes) {
  constexpr char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (size_t i = 0; i < bytes.size(); i += 3) {
    uint32_t group = 0;
    for (size_t k = 0; k < 3; ++k) group = group << 8 | (i + k < bytes.size() ? bytes[i + k] : 0u);
    for (size_t k = 0; k < 4; ++k)
      text += i + k > bytes.size() ? '=' : kDigits[group >> (18 - 6 * k) & 63];
  }
  return text;
}

std::string Escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '&')
      out += "&amp;";
    else if (c == '<')
      out += "&lt;";
    else if (c == '>')
      out += "&gt;";
    else if (c == '"')
      out += "&quot;";
    else
      out += c;
  }
  return out;
}

std::string Number(const std::optional<double>& value, int digits) {
  if (!value) return "–";
  char text[64];
  std::snprintf(text, sizeof text, "%.*f", digits, *value);
  return text;
}

/// One row of the table: a measure of every contender.
template <typename Value>
std::string Row(const char* title, const Evaluation& evaluation, int digits, const Value& value) {
  std::string row = std::string("<tr><td>") + title + "</td>";
  for (const Scores& scores : evaluation.scores)
    row += "<td>" + Number(value(scores), digits) + "</td>";
  return row + "</tr>\n";
}

std::string NotMeasuredRow(const char* title, const std::string& weights) {
  if (!weights.empty()) return {};
  return std::string("<tr><td>") + title + "</td><td colspan=4 class=dim>" + kNoWeights +
         "</td></tr>\n";
}

std::string Table(const Evaluation& e, const ReportContext& context) {
  using Optional = std::optional<double>;
  std::string out = "<div class=scroll><table><tr><th></th>";
  for (const char* title : kTitles) out += std::string("<th>") + title + "</th>";
  out += "</tr>\n";
  out += Row("PSNR, dB", e, 2, [](const Scores& s) { return Optional(s.psnr); });
  out += Row("… of the person", e, 2, [](const Scores& s) { return Optional(s.person_psnr); });
  out += Row("… texture seen", e, 2, [](const Scores& s) { return s.seen_psnr; });
  out += Row("… texture unseen", e, 2, [](const Scores& s) { return s.unseen_psnr; });
  out += Row("SSIM", e, 4, [](const Scores& s) { return Optional(s.ssim); });
  out += Row("edge fidelity", e, 3, [](const Scores& s) { return s.edge_fidelity; });
  out += Row("gradient where the truth is even", e, 2,
             [](const Scores& s) { return s.flat_gradient; });
  out += Row("face similarity", e, 3, [](const Scores& s) { return s.face_similarity; });
  if (context.line_up > 0) {
    const std::string title = "the right one of " + std::to_string(context.line_up + 1) + ", %";
    out += Row(title.c_str(), e, 1, [](const Scores& s) {
      return s.recognised ? Optional(100 * *s.recognised) : Optional();
    });
  }
  out += context.lpips_weights.empty()
             ? NotMeasuredRow("LPIPS", context.lpips_weights)
             : Row("LPIPS", e, 4, [](const Scores& s) { return s.lpips; });
  out += context.fid_weights.empty() ? NotMeasuredRow("FID", context.fid_weights)
                                     : Row("FID", e, 2, [](const Scores& s) { return s.fid; });
  out += "</table></div>\n<p class=dim>Face similarity of the same person in two renderings: " +
         Number(e.faces.same, 3) + " (" + std::to_string(e.faces.same_pairs) +
         " pairs); of other people: " + Number(e.faces.other, 3) + " (" +
         std::to_string(e.faces.other_pairs) + ").</p>\n";
  return out;
}

std::string RegionTable(const Evaluation& e) {
  std::string out =
      "<h2>By region</h2>\n<p class=dim>Painted / copied / pasted / completed. ΔE: CIE76 "
      "distance of the mean "
      "colours. Texture error: RMS difference of detail (luma less its 7x7 mean), grey levels. "
      "Texture kept: RMS detail over the true one's.</p>\n<div class=scroll><table><tr><th></th>"
      "<th>pairs</th><th>PSNR, dB</th><th>ΔE</th><th>texture error</th><th>texture "
      "kept</th></tr>\n";
  for (size_t i = 0; i < kJudgedRegionCount; ++i) {
    std::string name(kJudgedRegionNames[i]);
    for (char& c : name)
      if (c == '_') c = ' ';
    out += "<tr><td>" + name + "</td><td>" + std::to_string(e.scores[0].regions[i].pairs) + "</td>";
    const auto cell = [&](double RegionScores::*member, int digits) {
      std::string text;
      for (const Scores& s : e.scores) {
        const RegionScores& r = s.regions[i];
        text += (text.empty() ? "" : " / ") +
                Number(r.pairs > 0 ? std::optional(r.*member) : std::nullopt, digits);
      }
      out += "<td>" + text + "</td>";
    };
    cell(&RegionScores::psnr, 1);
    cell(&RegionScores::colour_delta_e, 1);
    cell(&RegionScores::texture_error, 1);
    cell(&RegionScores::texture_kept, 2);
    out += "</tr>\n";
  }
  return out + "</table></div>\n";
}

Result<std::string> PairsHtml(const char* title, const std::vector<ShownPair>& pairs) {
  std::string out = std::string("<h2>") + title + "</h2>\n";
  for (const ShownPair& pair : pairs) {
    const PictureScores& s = pair.result.scores[static_cast<size_t>(Contender::kPainted)];
    out += "<p class=dim>Pair " + std::to_string(pair.result.index) + ": person " +
           Number(s.person_psnr, 2) + " dB, SSIM " + Number(s.ssim, 3) + ", face " +
           Number(s.face_similarity, 2) + "</p>\n<div class=pair>";
    for (size_t i = 0; i < pair.pictures.size(); ++i) {
      ATELIER_ASSIGN_OR_RETURN(const std::vector<uint8_t> png, people::EncodePng(pair.pictures[i]));
      out += std::string("<figure><img alt=\"") + kPictureTitles[i] +
             "\" src=\"data:image/png;base64," + Base64(png) + "\"><figcaption>" +
             kPictureTitles[i] + "</figcaption></figure>";
    }
    out += "</div>\n";
  }
  return out;
}

Status WriteText(const std::string& text, const std::filesystem::path& path) {
  return people::WriteFile({reinterpret_cast<const uint8_t*>(text.data()), text.size()}, path);
}

}  // namespace

json ReportJson(const Evaluation& evaluation, const ReportContext& context) {
  json out = {{"model", {{"name", context.model.name}, {"folder", context.model_folder}}},
              {"settings",
               {{"pairs", context.pairs},
                {"first_held_out_pair", context.first},
                {"first_identity", static_cast<int64_t>(kHeldOutIdentity) + context.first},
                {"height", evaluation.first.empty() ? 0 : evaluation.first[0].pictures[4].height},
                {"width", evaluation.first.empty() ? 0 : evaluation.first[0].pictures[4].width},
                {"line_up", context.line_up},
                {"steps", context.steps},
                {"guidance", context.guidance},
                {"scheduler", context.scheduler}}},
              {"fid_weights", context.fid_weights.empty() ? kNoWeights : context.fid_weights},
              {"lpips_weights", context.lpips_weights.empty() ? kNoWeights : context.lpips_weights},
              {"seconds_per_picture", evaluation.seconds_per_picture},
              {"face_reference",
               {{"same_person", OrNull(evaluation.faces.same)},
                {"same_pairs", evaluation.faces.same_pairs},
                {"other_people", OrNull(evaluation.faces.other)},
                {"other_pairs", evaluation.faces.other_pairs}}}};
  for (size_t i = 0; i < kContenderCount; ++i)
    out[std::string(kContenderNames[i])] = ScoresJson(evaluation.scores[i]);
  out["painted_pairs"] = PairsJson(evaluation.pairs);
  return out;
}

Result<std::string> ReportHtml(const Evaluation& evaluation, const ReportContext& context) {
  std::string out =
      "<!doctype html>\n<html lang=en><head><meta charset=utf-8>"
      "<meta name=viewport content=\"width=device-width\"><title>" +
      Escaped(context.model.name) + " judged</title><style>" + kStyle +
      "</style></head>\n<body><h1>" + Escaped(context.model.name) + "</h1>\n";
  out += "<p class=dim>" + Escaped(context.model_folder) + " · " + std::to_string(context.pairs) +
         " held-out pairs from " + std::to_string(context.first) + " · " +
         std::to_string(context.steps) + " steps, guidance " + Number(context.guidance, 1) + ", " +
         Escaped(context.scheduler) + " · " + Number(evaluation.seconds_per_picture, 2) +
         " s a picture</p>\n";
  out += Table(evaluation, context);
  if (!context.fid_weights.empty())
    out += "<p class=dim>FID on " + Escaped(context.fid_weights) +
           ". It falls with the number of pictures: compare equal numbers alone.</p>\n";
  if (!context.lpips_weights.empty())
    out += "<p class=dim>LPIPS on " + Escaped(context.lpips_weights) + ".</p>\n";
  out += RegionTable(evaluation);
  const std::array<std::pair<const char*, const std::vector<ShownPair>*>, 3> shown = {
      {{"Worst pairs", &evaluation.worst},
       {"Best pairs", &evaluation.best},
       {"First pairs", &evaluation.first}}};
  for (const auto& [title, pairs] : shown) {
    ATELIER_ASSIGN_OR_RETURN(const std::string html, PairsHtml(title, *pairs));
    out += html;
  }
  return out + kDefinitions + "</body></html>\n";
}

Status CheckWritable(const std::filesystem::path& folder) {
  const std::filesystem::path probe = folder / "evaluation.probe";
  if (const Status written = WriteText("probe", probe); !written)
    return Propagate(written.error(), "--out");
  std::error_code ignored;
  std::filesystem::remove(probe, ignored);
  return {};
}

Status WriteReport(const Evaluation& evaluation, const ReportContext& context,
                   const std::filesystem::path& folder) {
  ATELIER_ASSIGN_OR_RETURN(const std::string html, ReportHtml(evaluation, context));
  ATELIER_RETURN_IF_ERROR(WriteText(html, folder / "evaluation.html"));
  const std::string text =
      ReportJson(evaluation, context).dump(2, ' ', false, json::error_handler_t::replace) + "\n";
  return WriteText(text, folder / "evaluation.json");
}

}  // namespace atelier::training
