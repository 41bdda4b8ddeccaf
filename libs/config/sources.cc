#include "config/sources.h"

#include <utility>

#include "config/values.h"

namespace atelier::config {
namespace {

std::vector<std::string> SplitAtCommas(const std::string& text) {
  std::vector<std::string> parts(1);
  for (const char c : text) {
    if (c == ',') {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

}  // namespace

Result<Origins> ReadSettings(const Sources& sources, google::protobuf::Message& message) {
  Origins origins;
  SetDefaults(message);
  if (!sources.file.empty()) {
    ATELIER_RETURN_IF_ERROR(sources.section.empty()
                                ? ApplyFile(sources.file, message, origins)
                                : ApplyStudioFile(sources.file, sources.section, message, origins));
  }
  for (const SettingInfo& setting : SettingsOf(*message.GetDescriptor())) {
    const std::string variable = setting.variable();
    const char* text = sources.environment ? sources.environment(variable.c_str()) : nullptr;
    if (text != nullptr && *text != '\0') {
      const auto texts =
          setting.field->is_repeated() ? SplitAtCommas(text) : std::vector<std::string>{text};
      ATELIER_RETURN_IF_ERROR(SetValue(setting, variable, texts, message));
      origins[setting.key()] = variable;
    }
    const auto flag = sources.flags.find(setting.key());
    if (flag == sources.flags.end()) continue;
    ATELIER_RETURN_IF_ERROR(SetValue(setting, setting.flag(), flag->second, message));
    origins[setting.key()] = setting.flag();
  }
  ATELIER_RETURN_IF_ERROR(CheckRequired(message));
  return origins;
}

}  // namespace atelier::config
