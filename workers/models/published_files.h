// Where the files of a published model come from, and under which other names they are common:
// published.json beside the model.json of its layout.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "base/result.h"

namespace atelier::models {

/// One file that a layout's model.json names.
struct PublishedFile {
  /// Its name where it is published, and the address of that place. Empty: it is not published.
  std::string published, where;
  /// The command that makes it when it is not published.
  std::string make;
  /// Other paths, relative to the folder, under which people have it. The first that is there is
  /// taken when the file itself is not.
  std::vector<std::string> also;

  /// "; published as NAME at ADDRESS" or "; make it: COMMAND"; empty when neither is known.
  std::string Origin() const;
};

/// By the path that the layout's model.json gives.
using PublishedFiles = std::map<std::string, PublishedFile>;

/// Reads `layout`/published.json. Nothing when there is no such file; INVALID_ARGUMENT naming the
/// key that is bad.
Result<PublishedFiles> ReadPublishedFiles(const std::filesystem::path& layout);

/// Of the `layouts` (folders with model.json and published.json) the one of whose files `folder`
/// has the largest share, under their names or others that are common; of equal ones the first.
/// Empty when there is none. Errors as ReadPublishedFiles().
Result<std::filesystem::path> BestLayout(const std::filesystem::path& folder,
                                         const std::vector<std::filesystem::path>& layouts);

}  // namespace atelier::models
