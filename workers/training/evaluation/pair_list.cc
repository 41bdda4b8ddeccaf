#include "training/evaluation/pair_list.h"

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

namespace atelier::training {
namespace fs = std::filesystem;
namespace {

/// FPDM's folder of pictures, with which every path of its lists begins.
constexpr const char* kPictures = "img";

std::string WithoutSlashes(const fs::path& path) {
  std::string name = path.string();
  std::erase(name, '/');
  return name;
}

Result<std::string> Checked(const std::string& path, const std::string& field) {
  const fs::path normal = fs::path(path).lexically_normal();
  if (path.empty() || normal.is_absolute() || *normal.begin() == ".." || !normal.has_filename())
    return InvalidField(field, "a path below the data set's folder", path.empty() ? "nothing" : path);
  return path;
}

Result<std::string> PathIn(const nlohmann::json& entry, const char* key, size_t index) {
  const std::string field = "[" + std::to_string(index) + "]." + key;
  if (!entry.is_object() || !entry.contains(key) || !entry.at(key).is_string())
    return InvalidField(field, "a path", entry.is_object() ? "nothing" : entry.dump());
  return Checked(entry.at(key).get<std::string>(), field);
}

Result<std::vector<ListedPair>> ReadJson(std::istream& in) {
  const auto json = nlohmann::json::parse(in, nullptr, /*allow_exceptions=*/false);
  if (!json.is_array()) return MakeError(Code::kInvalidArgument, "BAD_JSON", "not a JSON list");
  std::vector<ListedPair> pairs;
  for (size_t i = 0; i < json.size(); ++i) {
    ListedPair pair;
    ATELIER_ASSIGN_OR_RETURN(pair.source, PathIn(json[i], "source_image", i));
    ATELIER_ASSIGN_OR_RETURN(pair.target, PathIn(json[i], "target_image", i));
    pairs.push_back(std::move(pair));
  }
  return pairs;
}

std::vector<std::string> Fields(std::string line) {
  if (!line.empty() && line.back() == '\r') line.pop_back();
  std::vector<std::string> fields;
  std::istringstream in(line);
  for (std::string field; std::getline(in, field, ',');) fields.push_back(field);
  return fields;
}

Result<size_t> ColumnOf(const std::vector<std::string>& header, const char* name) {
  const auto found = std::ranges::find(header, name);
  if (found != header.end()) return static_cast<size_t>(found - header.begin());
  return InvalidField(name, "a column of the first line",
                      header.empty() ? "an empty line" : "none of that name");
}

Result<std::vector<ListedPair>> ReadCsv(std::istream& in) {
  std::string line;
  std::getline(in, line);
  const std::vector<std::string> header = Fields(line);
  ATELIER_ASSIGN_OR_RETURN(const size_t from, ColumnOf(header, "from"));
  ATELIER_ASSIGN_OR_RETURN(const size_t to, ColumnOf(header, "to"));
  std::vector<ListedPair> pairs;
  for (int number = 2; std::getline(in, line); ++number) {
    std::vector<std::string> fields = Fields(line);
    if (fields.empty()) continue;
    fields.resize(std::max(fields.size(), header.size()));
    const std::string place = "line " + std::to_string(number);
    ListedPair pair;
    ATELIER_ASSIGN_OR_RETURN(pair.source, Checked(fields[from], place + ", from"));
    ATELIER_ASSIGN_OR_RETURN(pair.target, Checked(fields[to], place + ", to"));
    pairs.push_back(std::move(pair));
  }
  return pairs;
}

}  // namespace

fs::path BelowPictures(const std::string& path) {
  const fs::path normal = fs::path(path).lexically_normal();
  return *normal.begin() == kPictures ? normal.lexically_relative(kPictures) : normal;
}

Result<PairList> ReadPairList(const fs::path& list) {
  std::ifstream in(list);
  if (!in) return MakeError(Code::kNotFound, "NO_SUCH_FILE", list.string() + ": no such file");
  PairList read{.kind = list.extension() == ".csv" ? ListKind::kMcld : ListKind::kFpdm, .pairs = {}};
  auto pairs = read.kind == ListKind::kMcld ? ReadCsv(in) : ReadJson(in);
  if (!pairs) return Propagate(pairs.error(), list.string());
  if (pairs->empty()) return InvalidField(list.string(), "a list of pairs", "an empty list");
  read.pairs = std::move(*pairs);
  return read;
}

std::string PaintedName(ListKind kind, const ListedPair& pair) {
  const auto part = [kind](const std::string& path) {
    fs::path below = BelowPictures(path);
    if (kind == ListKind::kMcld) below.replace_extension();
    return WithoutSlashes(below);
  };
  return part(pair.source) + "_2_" + part(pair.target) + ".png";
}

}  // namespace atelier::training
