// CheckModel: whether a folder is a complete model. Files, keys and shapes are checked; no weight
// is read and no network's memory is allocated, so that a model of any size takes about a second.
#pragma once

#include <filesystem>
#include <vector>

#include "base/result.h"
#include "models/model_report.h"

namespace atelier::models {

struct CheckOptions {
  std::filesystem::path folder;
  /// Folders with the model.json of a published model, and published.json. A `folder` without a
  /// model.json of its own is compared with the one of whose files it has the largest share. May be
  /// empty.
  std::vector<std::filesystem::path> layouts;
};

/// Findings of one component that are listed; the rest is counted.
inline constexpr int kListedFindings = 20;

/// Everything wrong with the model is a finding. An error is for what cannot be checked at all:
/// NOT_FOUND when there is no such folder, FAILED_PRECONDITION / NO_MODEL_JSON when it has no
/// model.json and no layout is given, and the layout's own errors.
Result<ModelReport> CheckModel(const CheckOptions& options);

}  // namespace atelier::models
