// Where the models that come with the programs are found.
#pragma once

#include <filesystem>
#include <string>

namespace atelier::client {

/// The folder models/NAME with a model.json: under the working folder, in the source tree of the
/// build folder `bin_dir`, or in an installed tree, whichever is there first; empty when it is
/// nowhere.
std::filesystem::path FindShippedModel(const std::filesystem::path& bin_dir,
                                       const std::string& name);

/// The layout of the published model that `atelier models` compares folders with.
inline constexpr const char* kPublishedLayout = "mcld";

}  // namespace atelier::client
