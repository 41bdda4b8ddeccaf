// Published test lists: which person is to be painted in whose pose.
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
  bool operator==(const ListedPair&) const = default;
};

enum class ListKind {
  /// test_pairs_data.json: [{"source_image": PATH, "target_image": PATH}, ...].
  kFpdm,
  /// test.csv with the columns "from" and "to" among others; no field holds a comma or quotes.
  kMcld,
};

struct PairList {
  ListKind kind = ListKind::kFpdm;
  std::vector<ListedPair> pairs;
};

/// A file that ends in .csv is MCLD's, any other FPDM's. The same pair twice is one.
/// INVALID_ARGUMENT names the file, or the entry and the key or column that is bad: paths must stay
/// below the data set's folder, and no two pairs may have one PaintedName().
Result<PairList> ReadPairList(const std::filesystem::path& list);

/// The published name of a painted picture. FPDM: both paths without the folder of pictures and
/// without slashes, "_2_" between them, and ".png". MCLD: the same of both paths without their
/// endings.
std::string PaintedName(ListKind kind, const ListedPair& pair);

/// "./img/A/b.png" -> "A/b.png".
std::filesystem::path BelowPictures(const std::string& path);

}  // namespace atelier::training
