#include "config/values.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

namespace atelier::config {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

/// Nothing unless the whole of `text` is a number.
template <typename Number>
std::optional<Number> Parse(const std::string& text) {
  Number number{};
  const char* end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, number);
  if (read.ec != std::errc() || read.ptr != end) return std::nullopt;
  return number;
}

bool InRange(const v1::Setting& rules, double value) {
  return std::isfinite(value) && (!rules.has_min() || value >= rules.min()) &&
         (!rules.has_max() || value <= rules.max());
}

bool IsListenAddress(const std::string& text) {
  const size_t colon = text.rfind(':');
  if (colon == std::string::npos || colon == 0) return false;
  const auto port = Parse<int>(text.substr(colon + 1));
  return port && *port >= 0 && *port <= 65535;
}

bool IsAllowedText(const v1::Setting& rules, const std::string& text) {
  if (text.empty()) return !rules.required() && rules.one_of_size() == 0;
  if (rules.format() == v1::FORMAT_LISTEN && !IsListenAddress(text)) return false;
  return rules.one_of_size() == 0 ||
         std::find(rules.one_of().begin(), rules.one_of().end(), text) != rules.one_of().end();
}

/// Sets or, for a list, adds one value; false when `text` breaks a rule.
bool SetOne(const SettingInfo& setting, const std::string& text, Message& message) {
  const google::protobuf::Reflection& reflection = *message.GetReflection();
  const FieldDescriptor* field = setting.field;
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING:
      if (!IsAllowedText(setting.rules, text)) return false;
      field->is_repeated() ? reflection.AddString(&message, field, text)
                           : reflection.SetString(&message, field, text);
      return true;
    case FieldDescriptor::CPPTYPE_BOOL:
      if (text != "true" && text != "false") return false;
      reflection.SetBool(&message, field, text == "true");
      return true;
    case FieldDescriptor::CPPTYPE_DOUBLE: {
      const auto value = Parse<double>(text);
      if (!value || !InRange(setting.rules, *value)) return false;
      reflection.SetDouble(&message, field, *value);
      return true;
    }
    case FieldDescriptor::CPPTYPE_INT32: {
      const auto value = Parse<int32_t>(text);
      if (!value || !InRange(setting.rules, *value)) return false;
      reflection.SetInt32(&message, field, *value);
      return true;
    }
    case FieldDescriptor::CPPTYPE_INT64: {
      const auto value = Parse<int64_t>(text);
      if (!value || !InRange(setting.rules, static_cast<double>(*value))) return false;
      reflection.SetInt64(&message, field, *value);
      return true;
    }
    default:
      // No schema has such a field; a test sees to it.
      return false;
  }
}

}  // namespace

Status SetValue(const SettingInfo& setting, const std::string& name,
                const std::vector<std::string>& texts, Message& message) {
  if (!setting.field->is_repeated() && texts.size() != 1) {
    return InvalidField(name, "given once", std::to_string(texts.size()) + " values");
  }
  message.GetReflection()->ClearField(&message, setting.field);
  for (const std::string& text : texts) {
    if (!SetOne(setting, text, message)) {
      return InvalidField(name, RuleOf(setting), text.empty() ? "nothing" : text);
    }
  }
  return {};
}

std::vector<std::string> ValueOf(const SettingInfo& setting, const Message& message) {
  const google::protobuf::Reflection& reflection = *message.GetReflection();
  const FieldDescriptor* field = setting.field;
  if (field->is_repeated()) {
    std::vector<std::string> entries;
    for (int i = 0; i < reflection.FieldSize(message, field); ++i) {
      entries.push_back(reflection.GetRepeatedString(message, field, i));
    }
    return entries;
  }
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING:
      return {reflection.GetString(message, field)};
    case FieldDescriptor::CPPTYPE_BOOL:
      return {reflection.GetBool(message, field) ? "true" : "false"};
    case FieldDescriptor::CPPTYPE_DOUBLE:
      // The shortest text that reads back as the same number.
      return {fmt::format("{}", reflection.GetDouble(message, field))};
    case FieldDescriptor::CPPTYPE_INT32:
      return {std::to_string(reflection.GetInt32(message, field))};
    case FieldDescriptor::CPPTYPE_INT64:
      return {std::to_string(reflection.GetInt64(message, field))};
    default:
      return {};
  }
}

void SetDefaults(Message& message) {
  for (const SettingInfo& setting : SettingsOf(*message.GetDescriptor())) {
    message.GetReflection()->ClearField(&message, setting.field);
    if (setting.rules.default_value().empty()) continue;
    // A default that breaks its own rules is found by a test over every schema.
    (void)SetValue(setting, setting.key(), {setting.rules.default_value()}, message);
  }
}

Status CheckRequired(const Message& message) {
  for (const SettingInfo& setting : SettingsOf(*message.GetDescriptor())) {
    if (!setting.rules.required()) continue;
    const std::vector<std::string> value = ValueOf(setting, message);
    if (!value.empty() && !value.front().empty()) continue;
    return InvalidField(setting.key(),
                        "given (" + setting.flag() + ", " + setting.variable() + " or a file)",
                        "nothing");
  }
  return {};
}

}  // namespace atelier::config
