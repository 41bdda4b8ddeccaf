// Published test lists: which person is to be painted in whose pose, and where their files are.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"

namespace atelier::training {

/// One line of a list; the paths are those of the list, below its data set's folder.
struct ListedPair {
  std::string source;
  std::string target;
};

/// FPDM's lists (test_pairs_data.json): [{"source_image": PATH, "target_image": PATH}, ...].
/// NOT_FOUND; INVALID_ARGUMENT names the entry and key that is bad.
Result<std::vector<ListedPair>> ReadPairList(const std::filesystem::path& list);

/// The published name of a painted picture: both paths without the folder of pictures and without
/// slashes, "_2_" between them, and ".png".
std::string PaintedName(const ListedPair& pair);

/// Where FPDM's data set has the drawn pose of a picture: the same path under pose_img in place of
/// img, as it is or as .png or .jpg. NOT_FOUND names what was looked for.
Result<std::filesystem::path> PosePictureOf(const std::filesystem::path& images,
                                            const std::string& picture);

}  // namespace atelier::training
