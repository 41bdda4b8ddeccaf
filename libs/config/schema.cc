#include "config/schema.h"

#include <fmt/format.h>
#include <google/protobuf/descriptor.pb.h>

#include <algorithm>
#include <cctype>
#include <map>

namespace atelier::config {

// A FileDescriptorSet with comments, made from the .proto files while building: see
// proto/CMakeLists.txt.
extern const unsigned char kSchema[];
extern const unsigned long kSchemaBytes;

namespace {

using google::protobuf::FieldDescriptor;

std::string Join(const google::protobuf::RepeatedPtrField<std::string>& words) {
  std::string joined;
  for (int i = 0; i < words.size(); ++i) {
    if (i > 0) joined += i + 1 == words.size() ? " or " : ", ";
    joined += words[i];
  }
  return joined;
}

// A comment's lines as one.
std::string OneLine(const std::string& comment) {
  std::string line;
  for (const char c : comment) {
    const bool space = std::isspace(static_cast<unsigned char>(c)) != 0;
    if (!space) line += c;
    if (space && !line.empty() && line.back() != ' ') line += ' ';
  }
  while (!line.empty() && line.back() == ' ') line.pop_back();
  return line;
}

// By full name of the field. The compiled-in descriptors have lost their comments.
std::map<std::string, std::string> ReadComments() {
  std::map<std::string, std::string> comments;
  google::protobuf::FileDescriptorSet files;
  if (!files.ParseFromArray(kSchema, static_cast<int>(kSchemaBytes))) return comments;
  for (const auto& file : files.file()) {
    for (const auto& location : file.source_code_info().location()) {
      // Path of a message's field: message_type (4), its index, field (2), its index.
      const auto& path = location.path();
      if (path.size() != 4 || path[0] != 4 || path[2] != 2) continue;
      const auto& message = file.message_type(path[1]);
      comments[file.package() + "." + message.name() + "." + message.field(path[3]).name()] =
          OneLine(location.leading_comments());
    }
  }
  return comments;
}

std::string Number(double value) { return fmt::format("{:.15g}", value); }

std::string RangeOf(const v1::Setting& rules) {
  if (rules.has_min() && rules.has_max()) {
    return " from " + Number(rules.min()) + " to " + Number(rules.max());
  }
  if (rules.has_min()) return " of " + Number(rules.min()) + " or more";
  if (rules.has_max()) return " of " + Number(rules.max()) + " or less";
  return {};
}

}  // namespace

std::string SettingInfo::flag() const {
  std::string name = key();
  std::replace(name.begin(), name.end(), '_', '-');
  return "--" + name;
}

std::string SettingInfo::variable() const {
  std::string name = key();
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return "ATELIER_" + name;
}

std::vector<SettingInfo> SettingsOf(const google::protobuf::Descriptor& message) {
  static const std::map<std::string, std::string> comments = ReadComments();
  std::vector<SettingInfo> settings;
  for (int i = 0; i < message.field_count(); ++i) {
    const FieldDescriptor* field = message.field(i);
    const auto comment = comments.find(field->full_name());
    settings.push_back({field, field->options().GetExtension(v1::setting),
                        comment == comments.end() ? std::string() : comment->second});
  }
  return settings;
}

std::string RuleOf(const SettingInfo& setting) {
  const v1::Setting& rules = setting.rules;
  std::string rule;
  switch (setting.field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_BOOL:
      return "true or false";
    case FieldDescriptor::CPPTYPE_DOUBLE:
      rule = "a number" + RangeOf(rules);
      break;
    case FieldDescriptor::CPPTYPE_STRING:
      rule = rules.one_of_size() > 0 ? Join(rules.one_of()) : "text";
      break;
    default:
      rule = "a whole number" + RangeOf(rules);
      break;
  }
  if (rules.format() == v1::FORMAT_LISTEN) rule = "host:port with a port of 0 to 65535";
  if (rule == "text" && rules.required()) rule = "given and not empty";
  if (!rules.unit().empty()) rule += " (" + rules.unit() + ")";
  return rule;
}

}  // namespace atelier::config
