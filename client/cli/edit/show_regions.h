// What of a person can be swapped, shown: a labelled sheet, the regions alone, their masks, a
// table.
#pragma once

#include <filesystem>
#include <string>

#include "client/cli/command.h"

namespace atelier::cli {

/// Where regions are shown beside the table.
struct ShownRegions {
  /// A file for the sheet, or a folder for the sheet ("regions.png") and the regions alone
  /// ("REGION.png"): one that is there, or a name that ends in "/". "" for none.
  std::string out;
  /// Folder for the masks ("REGION.png"). "" for none.
  std::string masks;
};

/// Whether `path` names a folder, see ShownRegions.
bool IsFolder(const std::string& path);

/// Reads the person that `request` asks for and shows their regions. `path` says whose picture it
/// is.
Status ShowRegions(const CommonFlags& flags, const v1::EstimatePoseRequest& request,
                   const std::string& path, const ShownRegions& shown, bool force);

}  // namespace atelier::cli
