// `atelier-eval pairs`: paints a published test list and scores the pictures as the paper does.
#pragma once

#include <CLI/CLI.hpp>
#include <filesystem>
#include <vector>

#include "base/result.h"
#include "engine/painter.h"

namespace atelier::training {

struct PairsArguments {
  std::filesystem::path list;
  /// The data set's folder, under which the list's paths are.
  std::filesystem::path images;
  std::filesystem::path model = "models/atelier-mini-fpdm";
  /// Painted pictures and scores.json; what is there already is not painted again.
  std::filesystem::path out = "out/pairs";
  std::vector<std::filesystem::path> lpips_weights;
  std::filesystem::path fid_weights;
  engine::PainterOptions painter;
  engine::PaintOptions paint;
  int steps = 0;
  double guidance = 0;
  /// Of every picture's noise; published: 7.
  uint64_t seed = 7;
  int batch = 4;
};

/// Adds the subcommand and its options, which write to `arguments`.
CLI::App* AddPairsCommand(CLI::App& app, PairsArguments& arguments);

/// UNIMPLEMENTED in a build without the services, which decodes no pictures, and for a model whose
/// conditions the list's data set does not have.
Status RunPairsCommand(const PairsArguments& arguments);

}  // namespace atelier::training
