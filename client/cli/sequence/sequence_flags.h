// The flags that describe a sequence.
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

struct SequenceFlags {
  std::string source;
  std::vector<std::string> poses, pose_iuvs;
  std::optional<int> frames;
  std::string iuv_channels, iuv_chart;
  std::vector<std::string> sources;
  std::string model, scheduler;
  std::string keep_shape, source_estimator, pose_estimator;
  std::vector<float> source_person, pose_person;
  std::optional<uint64_t> seed;
  std::optional<int> height, width, steps, output_scale;
  std::optional<double> guidance, rate;
  JobTermsFlags terms;
};

void AddSequenceFlags(CLI::App& command, SequenceFlags& flags);

/// The spec, with its files read and checked. --poses names one film, or pictures and files of
/// keypoints (.json, as `atelier pose --json` prints them); with --frames a motion between them.
Result<v1::JobSpec> SequenceFromFlags(const SequenceFlags& flags,
                                      const std::vector<SwapArgument>& swaps);

}  // namespace atelier::cli
