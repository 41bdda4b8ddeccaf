// The flags that describe an edit.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "atelier/v1/job.pb.h"
#include "base/result.h"
#include "client/cli/commands/job_terms.h"
#include "client/cli/edit/swap_arguments.h"

namespace atelier::cli {

struct EditFlags {
  std::string base;
  std::string pose;
  std::string pose_iuv, iuv_channels;
  std::string model;
  /// Further photographs of the base's person.
  std::vector<std::string> sources;
  std::string base_estimator, pose_estimator;
  std::vector<float> base_person, pose_person;
  bool repaint = false;
  std::optional<uint64_t> seed;
  std::optional<int> count, longest_side;
  JobTermsFlags terms;
};

void AddEditFlags(CLI::App& command, EditFlags& flags);

/// The spec, with the pictures read from their files, or standard input, and checked.
Result<v1::JobSpec> EditFromFlags(const EditFlags& flags,
                                  const std::vector<SwapArgument>& arguments);

}  // namespace atelier::cli
