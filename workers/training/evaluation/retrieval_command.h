// `atelier-eval retrieval`: how well the fusion embeddings of an FPDM model stand for the pictures
// that they were fused for (the paper's table 2).
#pragma once

#include <CLI/CLI.hpp>
#include <filesystem>

#include "base/result.h"

namespace atelier::training {

struct RetrievalArguments {
  std::filesystem::path model = "models/atelier-mini-fpdm";
  std::filesystem::path body = "workers/people/data/human.bin";
  int pairs = 200;
  int threads = 0;
};

/// Adds the subcommand and its options, which write to `arguments`.
CLI::App* AddRetrievalCommand(CLI::App& app, RetrievalArguments& arguments);

/// Prints the scores of the fusion embeddings, and of the sources' own for comparison.
Status RunRetrievalCommand(const RetrievalArguments& arguments);

}  // namespace atelier::training
