#include "models/published_files.h"

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>

#include "engine/weights/json_reader.h"

namespace atelier::models {
namespace fs = std::filesystem;
namespace {

Result<PublishedFile> ReadFile(const std::string& name, const nlohmann::json& json) {
  PublishedFile file;
  engine::JsonReader reader(json, name);
  reader.Optional("published", file.published);
  reader.Optional("where", file.where);
  reader.Optional("make", file.make);
  if (const nlohmann::json* also = reader.Any("also")) {
    for (const nlohmann::json& path : *also) {
      if (path.is_string()) file.also.push_back(path.get<std::string>());
    }
    if (!also->is_array() || file.also.size() != also->size()) {
      reader.Refuse("also", "a list of paths", also->dump());
    }
  }
  ATELIER_RETURN_IF_ERROR(reader.FinishStrict());
  return file;
}

bool IsIn(const fs::path& folder, const std::string& name, const PublishedFile& file) {
  std::error_code error;
  return fs::exists(folder / name, error) ||
         std::ranges::any_of(file.also, [&](const std::string& other) {
           return fs::exists(folder / other, error);
         });
}

}  // namespace

std::string PublishedFile::Origin() const {
  if (!published.empty()) return "; published as " + published + " at " + where;
  return make.empty() ? "" : "; make it: " + make;
}

Result<PublishedFiles> ReadPublishedFiles(const std::filesystem::path& layout) {
  const std::filesystem::path path = layout / "published.json";
  PublishedFiles files;
  std::ifstream stream(path);
  if (!stream.is_open()) return files;
  const auto json = nlohmann::json::parse(stream, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) {
    return MakeError(Code::kInvalidArgument, "BAD_JSON", path.string() + ": not a JSON object");
  }
  for (const auto& [name, value] : json.items()) {
    auto file = ReadFile(name, value);
    if (!file) return Propagate(file.error(), path.string());
    files.emplace(name, std::move(*file));
  }
  return files;
}

Result<fs::path> BestLayout(const fs::path& folder, const std::vector<fs::path>& layouts) {
  fs::path best;
  double most = -1;
  for (const fs::path& layout : layouts) {
    ATELIER_ASSIGN_OR_RETURN(const PublishedFiles files, ReadPublishedFiles(layout));
    const auto found = static_cast<double>(std::ranges::count_if(
        files, [&](const auto& file) { return IsIn(folder, file.first, file.second); }));
    const double share = files.empty() ? 0 : found / static_cast<double>(files.size());
    if (share <= most) continue;
    most = share;
    best = layout;
  }
  return best;
}

}  // namespace atelier::models
