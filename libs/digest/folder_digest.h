// SHA-256 of a file, and of a folder: which files it holds, and what is in them.
#pragma once

#include <filesystem>
#include <string>

#include "base/result.h"

namespace atelier {

/// 64 lower-case hex digits, of what is in a file, read piece by piece. UNAVAILABLE
/// (FILE_NOT_READ).
Result<std::string> FileSha256Hex(const std::filesystem::path& path);

/// 64 lower-case hex digits, of the names and contents of the regular files in `folder` and the
/// folders below it, by name. NOT_FOUND or UNAVAILABLE (FILE_NOT_READ) naming the file.
Result<std::string> FolderSha256Hex(const std::filesystem::path& folder);

}  // namespace atelier
