#include "config/schema.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <set>

#include "config/values.h"
#include "config_messages.h"

namespace atelier::config {

TEST_CASE("Every setting has a comment, a type that is read, and a default within its rules",
          "[config]") {
  for (const google::protobuf::Message* message : AllConfigs()) {
    for (const SettingInfo& setting : SettingsOf(*message->GetDescriptor())) {
      INFO(setting.field->full_name());
      CHECK(setting.help.size() > 20);
      CHECK(setting.help.find('|') == std::string::npos);  // It would end a cell of a table.
      CHECK(setting.field->options().HasExtension(v1::setting));
      const std::string& value = setting.rules.default_value();
      const bool is_text =
          setting.field->cpp_type() == google::protobuf::FieldDescriptor::CPPTYPE_STRING;
      // Lists are of texts; a number always has a default.
      CHECK((is_text || (!setting.field->is_repeated() && !value.empty())));
      if (value.empty()) continue;
      const std::unique_ptr<google::protobuf::Message> fresh(message->New());
      const Status set = SetValue(setting, setting.key(), {value}, *fresh);
      INFO((set ? "" : set.error().message));
      CHECK(set.has_value());
      CHECK(ValueOf(setting, *fresh) == std::vector<std::string>{value});
    }
  }
}

TEST_CASE("No two settings of a process share a flag, and none takes the loader's own",
          "[config]") {
  for (const google::protobuf::Message* message : AllConfigs()) {
    std::set<std::string> flags{"--config", "--studio-config", "--print-config", "--help"};
    for (const SettingInfo& setting : SettingsOf(*message->GetDescriptor())) {
      CHECK(flags.insert(setting.flag()).second);
    }
  }
}

TEST_CASE("A key, its flag and its variable are one name", "[config]") {
  const auto settings = SettingsOf(*v1::ServerConfig::descriptor());
  const auto found = std::find_if(settings.begin(), settings.end(), [](const SettingInfo& each) {
    return each.key() == "max_queue";
  });
  REQUIRE(found != settings.end());
  CHECK(found->flag() == "--max-queue");
  CHECK(found->variable() == "ATELIER_MAX_QUEUE");
  CHECK(RuleOf(*found) == "a whole number from 1 to 10000000");
}

TEST_CASE("What all processes have is said in the same words for each of them", "[config]") {
  // Their defaults differ: every process has ports of its own.
  for (const char* key : {"listen", "metrics_listen", "health_listen", "log_level", "log_format"}) {
    std::set<std::string> numbers, helps, rules;
    for (const google::protobuf::Message* message : AllConfigs()) {
      const auto settings = SettingsOf(*message->GetDescriptor());
      const auto setting = std::find_if(settings.begin(), settings.end(),
                                        [&](const SettingInfo& each) { return each.key() == key; });
      INFO(key << " of " << message->GetDescriptor()->name());
      REQUIRE(setting != settings.end());
      numbers.insert(std::to_string(setting->field->number()));
      helps.insert(setting->help);
      rules.insert(RuleOf(*setting));
    }
    CHECK(numbers.size() == 1);
    CHECK(helps.size() == 1);
    CHECK(rules.size() == 1);
  }
}

}  // namespace atelier::config
