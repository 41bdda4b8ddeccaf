// The files that an evaluation writes: evaluation.json for programs, evaluation.html for people
// (one file, pictures inside).
#pragma once

#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "training/evaluation/evaluation.h"

namespace atelier::training {

/// What was judged, and how.
struct ReportContext {
  engine::ModelInfo model;
  std::string model_folder;
  int steps = 0;
  double guidance = 1;
  std::string scheduler;
  int first = 0;
  int pairs = 0;
  int line_up = 0;
  /// Files, or empty: FID or LPIPS was not measured.
  std::string fid_weights;
  std::string lpips_weights;  // with the trunk's name
};

nlohmann::json ReportJson(const Evaluation& evaluation, const ReportContext& context);
Result<std::string> ReportHtml(const Evaluation& evaluation, const ReportContext& context);

/// Makes `folder` and tries to write there: to be called before hours of painting.
Status CheckWritable(const std::filesystem::path& folder);

/// Writes evaluation.html, then evaluation.json, each beside its old version and then renamed over
/// it: a full disk leaves the old ones whole.
Status WriteReport(const Evaluation& evaluation, const ReportContext& context,
                   const std::filesystem::path& folder);

}  // namespace atelier::training
