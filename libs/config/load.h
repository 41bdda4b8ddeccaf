// What main() of every process does first: its settings, from the command line, the environment and
// the file that either of them names.
#pragma once

#include <google/protobuf/message.h>

#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>

#include "config/sources.h"

namespace atelier::config {

/// Exit codes of the processes.
inline constexpr int kExitOk = 0;
/// The process could not start, or broke.
inline constexpr int kExitFailed = 1;
/// A setting is wrong. Starting again changes nothing.
inline constexpr int kExitConfig = 2;

struct Program {
  /// "atelier-server".
  std::string name;
  /// One sentence for --help.
  std::string description;
  Environment environment = [](const char* name) { return std::getenv(name); };
  std::FILE* out = stdout;
  std::FILE* err = stderr;
};

/// Fills `config`. An exit code when the process must end at once: --help and --print-config were
/// asked for, or something is wrong, which was said on `err`. The file is --config, else
/// ATELIER_CONFIG, else none.
std::optional<int> Load(const Program& program, int argc, const char* const* argv,
                        google::protobuf::Message& config);

}  // namespace atelier::config
