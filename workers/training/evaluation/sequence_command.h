// `atelier-eval sequence`: paints rendered motions and says how good and how steady the frames are.
#pragma once

#include <CLI/CLI.hpp>
#include <filesystem>

#include "base/result.h"
#include "engine/painter.h"
#include "training/sequences/sequence_bench.h"

namespace atelier::training {

struct SequenceArguments {
  std::filesystem::path model = "models/atelier-mini";
  std::filesystem::path body = "workers/people/data/human.bin";
  std::filesystem::path networks = "models/photographs";
  /// Paint from the renderer's poses alone.
  bool exact_alone = false;
  engine::PainterOptions painter;
  SequenceBenchOptions bench;
  int steps = 0;
  double guidance = 0;
  std::filesystem::path json;
};

/// Adds the subcommand and its options, which write to `arguments`.
CLI::App* AddSequenceCommand(CLI::App& app, SequenceArguments& arguments);

/// UNIMPLEMENTED (NO_PICTURE_NETWORKS) where poses are to be read in a build without the services,
/// which has no OpenCV.
Status RunSequenceCommand(const SequenceArguments& arguments);

}  // namespace atelier::training
