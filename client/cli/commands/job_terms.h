// The flags that say on which terms a job is queued, for every command that submits one.
#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>
#include <vector>

#include "atelier/v1/job.pb.h"

namespace atelier::cli {

struct JobTermsFlags {
  std::string request_id;
  std::optional<int> priority;
  /// Seconds.
  std::optional<double> ttl;
  std::vector<std::string> strict;
};

/// Adds --request-id, --priority, --ttl and --strict.
void AddJobTermsFlags(CLI::App& command, JobTermsFlags& flags);

/// All but the request id, which is no part of the spec.
void SetTerms(const JobTermsFlags& flags, v1::JobSpec& job);

}  // namespace atelier::cli
