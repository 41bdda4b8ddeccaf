// Files on the caller's machine: read and checked before a call, written as system/output_file.h
// says. Every error carries the reason LOCAL_FILE and names the path.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "atelier/v1/picture.pb.h"
#include "base/result.h"
#include "system/output_file.h"

namespace atelier::client {

inline constexpr std::string_view kLocalFileReason = "LOCAL_FILE";

/// A file, FIFO or device to its end. Longer than `max_bytes` is INVALID_ARGUMENT.
Result<std::string> ReadFile(const std::filesystem::path& path, size_t max_bytes = SIZE_MAX);

/// The same of an open descriptor; `name` is for the error.
Result<std::string> ReadDescriptor(int descriptor, const std::filesystem::path& name,
                                   size_t max_bytes = SIZE_MAX);

/// A picture by value, checked against the API's limits (format, bytes, sides) from its header.
Result<v1::Picture> PictureFromFile(const std::filesystem::path& path);

/// The same from bytes that were read; `name` is for the error.
Result<v1::Picture> PictureFromBytes(std::string bytes, const std::filesystem::path& name);

/// CheckOutputFile(): for asking before a long job rather than after it.
Status CheckWritable(const std::filesystem::path& path, Overwrite overwrite = Overwrite::kReplace);

/// WriteOutputFile().
Status WriteFile(const std::filesystem::path& path, std::string_view bytes,
                 Overwrite overwrite = Overwrite::kReplace);

/// Everything to standard output, behind what stdio holds for it.
Status WriteToStandardOutput(std::string_view bytes);

}  // namespace atelier::client
