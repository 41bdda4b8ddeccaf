#include "engine/weights/sharded_weights.h"

#include <fstream>
#include <nlohmann/json.hpp>
#include <system_error>

namespace atelier::engine {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kIndexEnding = ".index.json";
constexpr uintmax_t kMostIndexBytes = 64 << 20;

Unexpected BadIndex(const fs::path& index, const std::string& what) {
  return MakeError(Code::kDataLoss, "BAD_SHARD_INDEX", index.string() + ": " + what);
}

}  // namespace

bool IsShardIndex(const fs::path& path) { return path.string().ends_with(kIndexEnding); }

fs::path IndexInPlaceOf(const fs::path& path) {
  std::error_code error;
  if (fs::exists(path, error)) return path;
  const fs::path index = path.string() + std::string(kIndexEnding);
  return fs::is_regular_file(index, error) ? index : path;
}

Result<Shards> ReadShardIndex(const fs::path& index) {
  std::error_code error;
  if (!fs::is_regular_file(index, error)) {
    return MakeError(Code::kNotFound, "NO_SUCH_FILE", index.string() + ": no such file");
  }
  if (fs::file_size(index, error) > kMostIndexBytes) return BadIndex(index, "larger than 64 MB");
  std::ifstream stream(index);
  const auto json = nlohmann::json::parse(stream, nullptr, /*allow_exceptions=*/false);
  const auto map = json.is_object() ? json.find("weight_map") : json.end();
  if (!json.is_object() || map == json.end() || !map->is_object() || map->empty()) {
    return BadIndex(index, "is no index of weight files: a JSON object with a weight_map");
  }
  Shards shards;
  for (const auto& [key, file] : map->items()) {
    const std::string name = file.is_string() ? file.get<std::string>() : "";
    const fs::path path(name);
    if (name.empty() || path.has_parent_path() || name == "." || name == "..") {
      return BadIndex(index, "names a file that is not beside it: " + file.dump());
    }
    shards[index.parent_path() / path].insert(key);
  }
  for (const auto& [path, keys] : shards) {
    if (fs::exists(path, error)) continue;
    return MakeError(Code::kNotFound, "SHARD_MISSING",
                     index.string() + ": " + path.filename().string() + ", one of its " +
                         std::to_string(shards.size()) + " files, is not there");
  }
  return shards;
}

}  // namespace atelier::engine
