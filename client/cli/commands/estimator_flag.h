// --estimator, --source-estimator and --pose-estimator: which networks read a picture.
#pragma once

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cctype>
#include <string>

#include "atelier/v1/pose.pb.h"

namespace atelier::cli {

inline void AddEstimatorFlag(CLI::App& command, std::string& estimator,
                             const std::string& name = "--estimator") {
  command
      .add_option(name, estimator,
                  "Which networks read the picture: auto, rendered or photograph; default: as the "
                  "service is set")
      ->check(CLI::IsMember({"auto", "rendered", "photograph"}));
}

/// ESTIMATOR_UNSPECIFIED for "".
inline v1::Estimator EstimatorOf(std::string flag) {
  std::transform(flag.begin(), flag.end(), flag.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  v1::Estimator estimator = v1::ESTIMATOR_UNSPECIFIED;
  if (!flag.empty()) v1::Estimator_Parse("ESTIMATOR_" + flag, &estimator);
  return estimator;
}

}  // namespace atelier::cli
