// Files that a flag asks for, of what an answer may lack.
#pragma once

#include <string>

#include "client/local_file.h"

namespace atelier::cli {

/// Writes `png` to `path`; nothing without a path. FAILED_PRECONDITION with `reason`, saying that
/// `picture` shows no `what`, when there is nothing to write.
inline Status WriteGiven(const std::string& path, const std::string& png, const char* reason,
                         const std::string& picture, const std::string& what) {
  if (path.empty()) return {};
  if (!png.empty()) return client::WriteFileAtomically(path, png);
  return MakeError(Code::kFailedPrecondition, reason,
                   picture + " shows no " + what + " to write to " + path);
}

}  // namespace atelier::cli
