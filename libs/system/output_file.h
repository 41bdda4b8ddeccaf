// Writing a file that a user named. What stands at the path decides how:
//
//   nothing, or a file    a temporary file beside it takes its place at once: a reader sees the old
//                         or the new file. A replaced file's mode and, where allowed, owner stay.
//   symbolic link         the same for what it points to; the link stays.
//   device, FIFO, socket  is opened and written. A FIFO waits for its reader.
//   /dev/stdout, /dev/fd/N and the like: the open descriptor is written where it stands.
//
// Errors have the reason FILE_NOT_WRITTEN and name the path; FILE_EXISTS for what must not be
// replaced. A reader that went away is an error when SIGPIPE is ignored, and is the caller's end
// otherwise.
#pragma once

#include <filesystem>
#include <string_view>

#include "base/result.h"

namespace atelier {

enum class Overwrite {
  /// A file that is there is an error. Devices, FIFOs, sockets and descriptors are written.
  kRefuse,
  kReplace,
};

/// Refuses a path that WriteOutputFile() could not write as far as that can be told beforehand: its
/// folder is not there or may not be written, it is a folder, or a file that must not be replaced.
/// Changes nothing and opens nothing.
Status CheckOutputFile(const std::filesystem::path& path, Overwrite overwrite);

Status WriteOutputFile(const std::filesystem::path& path, std::string_view bytes,
                       Overwrite overwrite = Overwrite::kReplace);

/// Writes all of `bytes` to an open descriptor, which stays open. `name` is for the error.
Status WriteToDescriptor(int descriptor, std::string_view bytes, std::string_view name);

/// Whether a file of data stands at `path`, or at the end of its links.
bool IsRegularOutput(const std::filesystem::path& path);

/// The path, behind all links, at which WriteOutputFile() would write; whether a file is there or
/// not. `path` itself when its folder does not exist or its links form a loop.
std::filesystem::path OutputPlace(const std::filesystem::path& path);

}  // namespace atelier
