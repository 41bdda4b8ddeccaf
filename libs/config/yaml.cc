#include "config/yaml.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <set>

#include "config/values.h"

namespace atelier::config {
namespace {

using google::protobuf::FieldDescriptor;

Unexpected Wrong(const std::string& where, const std::string& what) {
  return MakeError(Code::kInvalidArgument, "INVALID_CONFIG", where + ": " + what);
}

// "file:line"; yaml-cpp counts from 0.
std::string Where(const std::string& file, const YAML::Mark& mark) {
  return file + ":" + std::to_string(mark.line + 1);
}

/// Insertions, deletions and replacements between the two.
size_t EditDistance(const std::string& a, const std::string& b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = std::exchange(row[0], i);
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, replaced});
    }
  }
  return row[b.size()];
}

/// "; is `max_queue` meant?", or nothing when none of `known` comes near.
std::string Suggestion(const std::vector<std::string>& known, const std::string& key) {
  const auto nearest = std::min_element(known.begin(), known.end(), [&](auto& a, auto& b) {
    return EditDistance(a, key) < EditDistance(b, key);
  });
  const size_t limit = std::max<size_t>(2, key.size() / 3);
  if (nearest == known.end() || EditDistance(*nearest, key) > limit) return {};
  return "; is `" + *nearest + "` meant?";
}

std::vector<std::string> KeysOf(const std::vector<SettingInfo>& settings) {
  std::vector<std::string> keys;
  for (const SettingInfo& setting : settings) keys.push_back(setting.key());
  return keys;
}

/// The text of a plain value. A quoted one is text, never a number or a truth value.
Result<std::string> TextOf(const SettingInfo& setting, const YAML::Node& node) {
  constexpr auto kQuoted = "!";
  const bool is_text = setting.field->cpp_type() == FieldDescriptor::CPPTYPE_STRING;
  if (node.IsScalar() && (is_text || node.Tag() != kQuoted)) return node.Scalar();
  const char* given = node.IsScalar()     ? "quoted text"
                      : node.IsSequence() ? "a list"
                      : node.IsMap()      ? "a mapping"
                                          : "nothing";
  return InvalidField(setting.key(), RuleOf(setting), given);
}

Status ApplyNode(const SettingInfo& setting, const YAML::Node& node,
                 google::protobuf::Message& message) {
  std::vector<std::string> texts;
  if (!setting.field->is_repeated()) {
    ATELIER_ASSIGN_OR_RETURN(std::string text, TextOf(setting, node));
    texts.push_back(std::move(text));
  } else if (node.IsSequence()) {
    for (const YAML::Node& entry : node) {
      ATELIER_ASSIGN_OR_RETURN(std::string text, TextOf(setting, entry));
      texts.push_back(std::move(text));
    }
  } else if (node.IsScalar()) {
    // One text is a list of one.
    ATELIER_ASSIGN_OR_RETURN(std::string text, TextOf(setting, node));
    texts.push_back(std::move(text));
  } else {
    return InvalidField(setting.key(), "a text or a list, each entry " + RuleOf(setting),
                        node.IsMap() ? "a mapping" : "nothing");
  }
  return SetValue(setting, setting.key(), texts, message);
}

Status ApplyMap(const YAML::Node& root, const std::string& file, google::protobuf::Message& message,
                Origins& origins) {
  // An empty file or one of comments alone.
  if (root.IsNull()) return {};
  if (!root.IsMap()) return Wrong(Where(file, root.Mark()), "must be a mapping of `key: value`");
  const std::vector<SettingInfo> settings = SettingsOf(*message.GetDescriptor());
  std::set<std::string> seen;
  for (const auto& pair : root) {
    const std::string where = Where(file, pair.first.Mark());
    const std::string key = pair.first.IsScalar() ? pair.first.Scalar() : "";
    const auto setting = std::find_if(settings.begin(), settings.end(),
                                      [&](const SettingInfo& each) { return each.key() == key; });
    if (setting == settings.end()) {
      return Wrong(where, "unknown key `" + key + "`" + Suggestion(KeysOf(settings), key));
    }
    if (!seen.insert(key).second) return Wrong(where, "`" + key + "` is given twice");
    const Status applied = ApplyNode(*setting, pair.second, message);
    if (!applied) return Propagate(applied.error(), where);
    origins[key] = where;
  }
  return {};
}

/// The mapping under `section`; null when there is none.
Result<YAML::Node> SectionOf(const YAML::Node& root, const std::string& file,
                             const std::string& section) {
  YAML::Node found;
  if (root.IsNull()) return found;
  if (!root.IsMap()) return Wrong(Where(file, root.Mark()), "must be a mapping of sections");
  const std::vector<std::string> known(kSections.begin(), kSections.end());
  std::set<std::string> seen;
  for (const auto& pair : root) {
    const std::string where = Where(file, pair.first.Mark());
    const std::string key = pair.first.IsScalar() ? pair.first.Scalar() : "";
    if (std::find(known.begin(), known.end(), key) == known.end()) {
      return Wrong(where, "unknown section `" + key + "`" + Suggestion(known, key));
    }
    if (!seen.insert(key).second) return Wrong(where, "`" + key + "` is given twice");
    if (!pair.second.IsMap() && !pair.second.IsNull()) {
      return Wrong(where, "`" + key + "` must be a mapping of `key: value`");
    }
    if (key == section) found.reset(pair.second);
  }
  return found;
}

/// The text of a file. A folder opens like one, and throws when it is read.
Result<std::string> ReadText(const std::string& path) {
  std::error_code error;
  errno = 0;
  std::ifstream file;
  if (!std::filesystem::is_directory(path, error)) file.open(path, std::ios::binary);
  if (!file.is_open()) {
    const Code code = errno == ENOENT ? Code::kNotFound : Code::kPermissionDenied;
    const char* why = errno == 0 ? "it is a folder" : std::strerror(errno);
    return MakeError(code, "CONFIG_FILE", "cannot read " + path + ": " + why);
  }
  return std::string{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

/// Seam: yaml-cpp throws. `apply` gets the whole of `text`.
Status WithYaml(const std::string& text, const std::string& file,
                const std::function<Status(const YAML::Node&)>& apply) {
  try {
    return apply(YAML::Load(text));
  } catch (const YAML::Exception& error) {
    return Wrong(Where(file, error.mark), "is no YAML: " + error.msg);
  }
}

std::string Quoted(const SettingInfo& setting, const std::string& text) {
  if (setting.field->cpp_type() != FieldDescriptor::CPPTYPE_STRING) return text;
  YAML::Emitter emitter;
  emitter << YAML::DoubleQuoted << text;
  return emitter.c_str();
}

}  // namespace

Status ApplyYaml(const std::string& text, const std::string& file,
                 google::protobuf::Message& message, Origins& origins) {
  return WithYaml(text, file,
                  [&](const YAML::Node& root) { return ApplyMap(root, file, message, origins); });
}

Status ApplyFile(const std::string& path, google::protobuf::Message& message, Origins& origins) {
  ATELIER_ASSIGN_OR_RETURN(const std::string text, ReadText(path));
  return ApplyYaml(text, path, message, origins);
}

Status ApplyStudioFile(const std::string& path, const std::string& section,
                       google::protobuf::Message& message, Origins& origins) {
  ATELIER_ASSIGN_OR_RETURN(const std::string text, ReadText(path));
  return WithYaml(text, path, [&](const YAML::Node& root) -> Status {
    ATELIER_ASSIGN_OR_RETURN(const YAML::Node settings, SectionOf(root, path, section));
    return ApplyMap(settings, path, message, origins);
  });
}

std::string ToYaml(const google::protobuf::Message& message, const Origins& origins) {
  std::string yaml;
  for (const SettingInfo& setting : SettingsOf(*message.GetDescriptor())) {
    std::string value;
    for (const std::string& text : ValueOf(setting, message)) {
      value += (value.empty() ? "" : ", ") + Quoted(setting, text);
    }
    if (setting.field->is_repeated()) value = "[" + value + "]";
    const auto origin = origins.find(setting.key());
    yaml += setting.key() + ": " + value + "  # " +
            (origin == origins.end() ? "default" : origin->second) + "\n";
  }
  return yaml;
}

}  // namespace atelier::config
