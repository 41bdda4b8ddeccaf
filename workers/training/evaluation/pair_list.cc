#include "training/evaluation/pair_list.h"

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string_view>
#include <utility>

#include "system/input_file.h"

namespace atelier::training {
namespace fs = std::filesystem;
namespace {

/// FPDM's folder of pictures, with which every path of its lists begins.
constexpr const char* kPictures = "img";
constexpr uintmax_t kMaxListBytes = 256 << 20;

std::string WithoutSlashes(const fs::path& path) {
  std::string name = path.string();
  std::erase(name, '/');
  return name;
}

Result<std::string> Checked(const std::string& path, const std::string& field) {
  const fs::path normal = fs::path(path).lexically_normal();
  const bool is_plain = std::ranges::none_of(path, [](unsigned char c) { return c < 0x20; });
  if (!is_plain) return InvalidField(field, "a path without control characters", "one with them");
  if (path.empty() || normal.is_absolute() || *normal.begin() == ".." || !normal.has_filename())
    return InvalidField(field, "a path below the data set's folder",
                        path.empty() ? "nothing" : path);
  return path;
}

Result<std::string> PathIn(const nlohmann::json& entry, const char* key, size_t index) {
  const std::string field = "[" + std::to_string(index) + "]." + key;
  if (!entry.is_object() || !entry.contains(key) || !entry.at(key).is_string())
    return InvalidField(field, "a path",
                        !entry.is_object()     ? entry.type_name()
                        : !entry.contains(key) ? "nothing"
                                               : entry.at(key).type_name());
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

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

std::string Trimmed(const std::string& text) {
  constexpr const char* kBlanks = " \t\r";
  const size_t begin = text.find_first_not_of(kBlanks);
  if (begin == std::string::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) + 1 - begin);
}

std::vector<std::string> Fields(const std::string& line) {
  std::vector<std::string> fields;
  std::istringstream in(Trimmed(line));
  for (std::string field; std::getline(in, field, ',');) fields.push_back(Trimmed(field));
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
  if (line.starts_with(kByteOrderMark)) line.erase(0, kByteOrderMark.size());
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

bool IsTable(const fs::path& list) {
  std::string extension = list.extension().string();
  std::ranges::transform(extension, extension.begin(),
                         [](unsigned char c) { return std::tolower(c); });
  return extension == ".csv";
}

/// The same pair twice is one; two pairs of one name would be painted over each other.
Status DropRepeated(PairList& list) {
  std::map<std::string, ListedPair> by_name;
  std::vector<ListedPair> kept;
  for (const ListedPair& pair : list.pairs) {
    const auto [same, is_new] = by_name.try_emplace(PaintedName(list.kind, pair), pair);
    if (is_new) kept.push_back(pair);
    if (!is_new && !(same->second == pair))
      return InvalidField("the list", "pairs whose pictures have names of their own",
                          same->second.source + " and " + pair.source + " to " + pair.target +
                              ", both " + same->first);
  }
  list.pairs = std::move(kept);
  return {};
}

}  // namespace

fs::path BelowPictures(const std::string& path) {
  const fs::path normal = fs::path(path).lexically_normal();
  return *normal.begin() == kPictures ? normal.lexically_relative(kPictures) : normal;
}

Result<PairList> ReadPairList(const fs::path& list) {
  ATELIER_ASSIGN_OR_RETURN(const std::string text, ReadWhole(list, list.string(), kMaxListBytes));
  std::istringstream in(text);
  PairList read{.kind = IsTable(list) ? ListKind::kMcld : ListKind::kFpdm, .pairs = {}};
  auto pairs = read.kind == ListKind::kMcld ? ReadCsv(in) : ReadJson(in);
  if (!pairs) return Propagate(pairs.error(), list.string());
  if (pairs->empty()) return InvalidField(list.string(), "a list of pairs", "an empty list");
  read.pairs = std::move(*pairs);
  if (const Status names = DropRepeated(read); !names)
    return Propagate(names.error(), list.string());
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
