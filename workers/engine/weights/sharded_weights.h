// Weights in several files with an index: `NAME.index.json`, as Hugging Face's libraries write it
// when a file would be too large: {"weight_map": {KEY: FILE, ...}}.
#pragma once

#include <filesystem>
#include <map>
#include <set>
#include <string>

#include "base/result.h"

namespace atelier::engine {

/// The keys of each file, by the file's path.
using Shards = std::map<std::filesystem::path, std::set<std::string>>;

bool IsShardIndex(const std::filesystem::path& path);

/// `path` itself, or the index that lies in the place of a file that is not there.
std::filesystem::path IndexInPlaceOf(const std::filesystem::path& path);

/// NOT_FOUND when there is no index or a file that it names is not there; DATA_LOSS says what is
/// wrong with it; a file outside of the index's folder is never read.
Result<Shards> ReadShardIndex(const std::filesystem::path& index);

}  // namespace atelier::engine
