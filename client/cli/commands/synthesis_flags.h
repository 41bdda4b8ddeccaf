// The flags that describe a synthesis, for every command that submits one.
#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>
#include <vector>

#include "atelier/v1/job.pb.h"
#include "base/result.h"
#include "client/cli/commands/job_terms.h"

namespace atelier::cli {

struct SynthesisFlags {
  std::string source;
  std::string pose;
  std::string pose_iuv;
  std::string source_iuv;
  std::string iuv_chart, iuv_channels;
  std::string texture;
  std::string face;
  std::string model;
  std::string scheduler;
  /// Further photographs of the person.
  std::vector<std::string> sources;
  std::string source_estimator, pose_estimator;
  std::vector<float> source_person, pose_person;
  std::string keep_shape;
  std::optional<int> output_scale;
  std::optional<int> steps, height, width, count, preview_every;
  std::optional<double> guidance;
  std::optional<uint64_t> seed;
  JobTermsFlags terms;
};

void AddSynthesisFlags(CLI::App& command, SynthesisFlags& flags);

/// The spec, with the pictures read from their files, or standard input, and checked.
Result<v1::JobSpec> SpecFromFlags(const SynthesisFlags& flags);

}  // namespace atelier::cli
