// Seconds of one guided denoising step and of what comes before and after it, with random weights.
#pragma once

#include <filesystem>
#include <string>

#include "base/result.h"

namespace atelier::bench {

struct StepBenchOptions {
  std::filesystem::path model = "models/mcld";
  /// Pixels a side; multiples of 8.
  int size = 256;
  std::string device = "cpu";
  std::string dtype = "float32";
  int threads = 0;
  /// Timed steps of each kind, in turns.
  int repeat = 5;
  /// Also times the published step and compares its outputs.
  bool yardstick = false;
};

/// Prints the table.
Status RunStepBench(const StepBenchOptions& options);

}  // namespace atelier::bench
