// Values of settings: texts into a message's fields and back, under the rules of the schema. The
// same for a file, the environment and flags.
#pragma once

#include <google/protobuf/message.h>

#include <string>
#include <vector>

#include "base/result.h"
#include "config/schema.h"

namespace atelier::config {

/// Sets the setting to `texts`: one, or any number for a list, which they replace. INVALID_ARGUMENT
/// names `name` (as the caller's user wrote it), the rule and the value.
Status SetValue(const SettingInfo& setting, const std::string& name,
                const std::vector<std::string>& texts, google::protobuf::Message& message);

/// The setting's value as texts that SetValue() takes: one, or an entry each for a list.
std::vector<std::string> ValueOf(const SettingInfo& setting,
                                 const google::protobuf::Message& message);

/// Sets every setting to its default.
void SetDefaults(google::protobuf::Message& message);

/// INVALID_ARGUMENT names the first setting that must be given and was not.
Status CheckRequired(const google::protobuf::Message& message);

}  // namespace atelier::config
