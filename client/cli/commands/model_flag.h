// --model of the commands that ask for one model.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace atelier::cli {

inline void AddModelFlag(CLI::App& command, std::string& model) {
  command.add_option("--model", model, "Name of a model, see `atelier models`");
}

/// `models/{model}` of a name with or without its prefix; empty for an empty one.
inline std::string ModelOf(const std::string& model) {
  const bool is_whole = model.empty() || model.starts_with("models/");
  return is_whole ? model : "models/" + model;
}

}  // namespace atelier::cli
