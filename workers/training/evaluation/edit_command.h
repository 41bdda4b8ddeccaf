// `atelier-eval edit`: judges edits of pictures on rendered people (edit/bench/bench.h).
#pragma once

#include <CLI/CLI.hpp>
#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"

namespace atelier::training {

struct EditArguments {
  std::filesystem::path body = "workers/people/data/human.bin";
  std::filesystem::path prior = "workers/edit/data/region_prior.bin";
  std::filesystem::path networks = "models/photographs";
  /// Its face network judges faces, and it paints; empty: neither.
  std::filesystem::path model = "models/atelier-mini";
  std::string bodies = "exact";
  std::string pose = "own";
  bool true_regions = false;
  bool paint = false;
  std::vector<std::string> regions = {"upper", "lower", "outfit", "face"};
  int cases = 50;
  int first = 0;
  int threads = 0;
  std::filesystem::path json;
  std::filesystem::path sheet;
};

/// Adds the subcommand and its options, which write to `arguments`.
CLI::App* AddEditCommand(CLI::App& app, EditArguments& arguments);

/// UNIMPLEMENTED (NO_EDIT_BENCH) in a build without the services, which has no OpenCV.
Status RunEditCommand(const EditArguments& arguments);

}  // namespace atelier::training
