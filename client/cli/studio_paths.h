// Where a studio's programs and its default model are found.
#pragma once

#include <filesystem>
#include <vector>

namespace atelier::cli {

/// The folder of the running program.
std::filesystem::path ProgramFolder();

/// The default model: under the working folder, the source tree of a build folder, or an installed
/// tree, whichever is there first; nothing when it is nowhere.
std::vector<std::filesystem::path> DefaultModels(const std::filesystem::path& bin_dir);

}  // namespace atelier::cli
