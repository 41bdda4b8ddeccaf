// What a file really is when it is not the weights or the picture its name promises: downloads
// that went wrong, recognised by their first bytes, and formats of other programs.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace atelier::engine {

/// Why a file cannot be what its name says.
struct FileTrouble {
  /// Stable: FILE_MISSING, FILE_UNREADABLE, FILE_EMPTY, GIT_LFS_POINTER, HTML_PAGE, TEXT_FILE,
  /// ARCHIVE, OTHER_FORMAT; or WRONG_EXTENSION, with which weights are read all the same.
  std::string reason;
  /// "is a Git LFS pointer: fetch it with `git lfs pull`"
  std::string text;
};

/// Reads the file's type and its first bytes alone. Nothing when it may be what its name says;
/// whether it is complete is for its reader to find out.
std::optional<FileTrouble> InspectFile(const std::filesystem::path& path);

/// What the first bytes say of a weight file, whatever its name.
enum class WeightFormat { kUnknown, kSafetensors, kTorch };
WeightFormat RecogniseWeights(const std::filesystem::path& path);

}  // namespace atelier::engine
