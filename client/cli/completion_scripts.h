// Shell completion, made from the tree of commands and flags that the parser itself uses.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace atelier::cli {

/// A script to be sourced. After a flag that takes a value, and where nothing else fits, files are
/// completed. REQUIRES: `app` has a name.
std::string BashCompletion(const CLI::App& app);
std::string ZshCompletion(const CLI::App& app);
std::string FishCompletion(const CLI::App& app);

}  // namespace atelier::cli
