// Files on the caller's machine: read and checked before a call, written whole or not at all. Every
// error carries the reason LOCAL_FILE and names the path.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "atelier/v1/picture.pb.h"
#include "base/result.h"

namespace atelier::client {

inline constexpr std::string_view kLocalFileReason = "LOCAL_FILE";

Result<std::string> ReadFile(const std::filesystem::path& path);

/// A picture by value, checked against the API's limits (format, bytes, sides) from its header.
Result<v1::Picture> PictureFromFile(const std::filesystem::path& path);

/// Refuses a path that WriteFileAtomically could not write: its folder is not there or it is a
/// folder itself. For asking before a long job rather than after it.
Status CheckWritable(const std::filesystem::path& path);

/// Writes a temporary file beside `path` and renames it over: a reader sees the old or the new
/// file.
Status WriteFileAtomically(const std::filesystem::path& path, std::string_view bytes);

}  // namespace atelier::client
