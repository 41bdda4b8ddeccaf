#include "training/evaluation/pair_list.h"

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>

namespace atelier::training {
namespace fs = std::filesystem;
namespace {

/// The folder of pictures, with which every path of a list begins.
constexpr const char* kPictures = "img";
constexpr const char* kPoses = "pose_img";

/// "./img/A/b.png" -> "A/b.png".
fs::path BelowPictures(const std::string& path) {
  const fs::path normal = fs::path(path).lexically_normal();
  return *normal.begin() == kPictures ? normal.lexically_relative(kPictures) : normal;
}

std::string WithoutSlashes(const std::string& path) {
  std::string name = BelowPictures(path).string();
  std::erase(name, '/');
  return name;
}

Result<std::string> PathIn(const nlohmann::json& entry, const char* key, size_t index) {
  const std::string field = "[" + std::to_string(index) + "]." + key;
  if (!entry.is_object() || !entry.contains(key) || !entry.at(key).is_string())
    return InvalidField(field, "a path", entry.is_object() ? "nothing" : entry.dump());
  const auto path = entry.at(key).get<std::string>();
  const fs::path normal = fs::path(path).lexically_normal();
  if (path.empty() || normal.is_absolute() || *normal.begin() == "..")
    return InvalidField(field, "a path below the data set's folder", path);
  return path;
}

}  // namespace

Result<std::vector<ListedPair>> ReadPairList(const fs::path& list) {
  std::ifstream in(list);
  if (!in) return MakeError(Code::kNotFound, "NO_SUCH_FILE", list.string() + ": no such file");
  const auto json = nlohmann::json::parse(in, nullptr, /*allow_exceptions=*/false);
  if (!json.is_array())
    return MakeError(Code::kInvalidArgument, "BAD_JSON", list.string() + ": not a JSON list");
  std::vector<ListedPair> pairs;
  for (size_t i = 0; i < json.size(); ++i) {
    const auto source = PathIn(json[i], "source_image", i);
    if (!source) return Propagate(source.error(), list.string());
    const auto target = PathIn(json[i], "target_image", i);
    if (!target) return Propagate(target.error(), list.string());
    pairs.push_back({*source, *target});
  }
  if (pairs.empty()) return InvalidField(list.string(), "a list of pairs", "an empty list");
  return pairs;
}

std::string PaintedName(const ListedPair& pair) {
  return WithoutSlashes(pair.source) + "_2_" + WithoutSlashes(pair.target) + ".png";
}

Result<fs::path> PosePictureOf(const fs::path& images, const std::string& picture) {
  const fs::path as_it_is = images / kPoses / BelowPictures(picture);
  std::error_code error;
  if (fs::exists(as_it_is, error)) return as_it_is;
  for (const char* extension : {".png", ".jpg"}) {
    fs::path other = as_it_is;
    other.replace_extension(extension);
    if (fs::exists(other, error)) return other;
  }
  return MakeError(Code::kNotFound, "NO_SUCH_FILE",
                   as_it_is.string() + " (.png or .jpg): no such file: the drawn pose of " + picture);
}

}  // namespace atelier::training
