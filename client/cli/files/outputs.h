// The pictures that a command writes. All its output flags are checked together before anything is
// asked of the server, so that no work is done that cannot be kept.
#pragma once

#include <CLI/CLI.hpp>
#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"
#include "system/output_file.h"

namespace atelier::cli {

enum class OutputKind {
  /// Written in the format that the extension names.
  kPicture,
  /// Numbers in the shape of a picture (IUV, texture map, mask), which no lossy format keeps: PNG.
  kExactPng,
  /// Bytes as they come, whatever the file is called.
  kBytes,
};

struct Output {
  /// "--out"
  std::string flag;
  /// A file, "-" for standard output, or "" when the flag was not given.
  std::string path;
  OutputKind kind = OutputKind::kPicture;
  /// How many pictures; more than one are numbered files, see NumberedPath().
  size_t count = 1;
};

/// Adds a flag that names an output. An empty name is wrong usage: it would be no output.
CLI::Option* AddOutputFlag(CLI::App& command, const std::string& names, std::string& path,
                           const std::string& help);

/// Adds --force.
void AddForceFlag(CLI::App& command, bool& force);
Overwrite OverwriteOf(bool force);

/// "-" or a name of it in the file system.
bool IsStandardOutput(const std::string& path);
/// Whether any of them takes standard output, so that nothing else may be printed there.
bool TakesStandardOutput(const std::vector<Output>& outputs);

/// `path` itself for one picture, else PATH-1.png, PATH-2.png, ..., of ten or more PATH-01.png,
/// ...: names sort as the pictures do. REQUIRES: index < count.
std::filesystem::path NumberedPath(const std::filesystem::path& path, size_t index, size_t count);

/// INVALID_ARGUMENT with kBadArgumentReason: an extension that is not known or does not fit, two
/// outputs in one file, standard output for several pictures, with `json`, or when it is a
/// terminal. LOCAL_FILE: what CheckWritable() says of a file, one that is there without `force`.
Status CheckOutputs(const std::vector<Output>& outputs, bool force, bool json);

/// Writes the picture `index` of `output`, nothing without a path. `png` may be of any format when
/// the kind is kBytes.
Status WriteOutput(const Output& output, const std::string& png, bool force, size_t index = 0);

/// The same for what an answer may lack: FAILED_PRECONDITION with `reason`, saying that `picture`
/// shows no `what`, when `png` is empty.
Status WriteIfShown(const Output& output, const std::string& png, bool force, const char* reason,
                    const std::string& picture, const std::string& what);

}  // namespace atelier::cli
