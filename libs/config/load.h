// What main() of every process does first: its settings, from the command line, the environment and
// the file that either of them names.
#pragma once

#include <google/protobuf/message.h>

#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "config/sources.h"

namespace atelier::config {

/// Exit codes of the processes.
inline constexpr int kExitOk = 0;
/// The process could not start, or broke.
inline constexpr int kExitFailed = 1;
/// A setting is wrong, or what it names is not there. Starting again changes nothing.
inline constexpr int kExitConfig = 2;
/// Another process uses the data folder or a port. Starting again helps only once that one ended.
inline constexpr int kExitTaken = 3;

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

/// The last words of a process that cannot start, for its main(): one line on `err`, and the exit
/// code that tells of `error`. A reason that ends in _IN_USE is kExitTaken.
int CannotStart(std::string_view process, const Error& error, std::FILE* err = stderr);

}  // namespace atelier::config
