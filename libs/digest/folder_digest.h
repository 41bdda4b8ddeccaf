// SHA-256 of a folder: which files it holds, and what is in them.
#pragma once

#include <filesystem>
#include <string>

#include "base/result.h"

namespace atelier {

/// 64 lower-case hex digits, of the names and contents of the regular files in `folder` and the
/// folders below it, by name. NOT_FOUND or UNAVAILABLE (FILE_NOT_READ) naming the file.
Result<std::string> FolderSha256Hex(const std::filesystem::path& folder);

}  // namespace atelier
