#include "config/docs.h"

#include "config/schema.h"

namespace atelier::config {

std::string SettingsTable(const google::protobuf::Descriptor& message) {
  std::string table = "| setting | default | must be | meaning |\n|---|---|---|---|\n";
  for (const SettingInfo& setting : SettingsOf(message)) {
    const std::string& value = setting.rules.default_value();
    std::string shown =
        value.empty() ? (setting.rules.required() ? "*required*" : "none") : "`" + value + "`";
    const std::string rule =
        setting.field->is_repeated() ? "a list, each " + RuleOf(setting) : RuleOf(setting);
    table += "| `" + setting.key() + "` | " + shown + " | " + rule + " | " + setting.help + " |\n";
  }
  return table;
}

}  // namespace atelier::config
