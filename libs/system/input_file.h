// Files read and written in one piece.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "base/result.h"

namespace atelier {

/// INVALID_ARGUMENT naming `field` when there is no such file, it cannot be read or it is longer
/// than `max_bytes`.
Result<std::string> ReadWhole(const std::filesystem::path& path, std::string_view field,
                              uintmax_t max_bytes);

/// As WriteOutputFile() (system/output_file.h); its error names `field`.
Status WriteWhole(const std::filesystem::path& path, std::string_view field,
                  std::string_view bytes);

}  // namespace atelier
