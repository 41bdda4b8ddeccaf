// Where the models that come with the programs are found.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace atelier::client {

/// The folder models/NAME with a model.json: under the working folder, in the source tree of the
/// build folder `bin_dir`, or in an installed tree, whichever is there first; empty when it is
/// nowhere.
std::filesystem::path FindShippedModel(const std::filesystem::path& bin_dir,
                                       const std::string& name);

/// Those of the published models' layouts that FindShippedModel() finds: what `atelier models`
/// compares folders with.
std::vector<std::filesystem::path> FindPublishedLayouts(const std::filesystem::path& bin_dir);

}  // namespace atelier::client
