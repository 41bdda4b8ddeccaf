// The settings of a process, as its config message in proto/atelier/config/v1 describes them: the
// only list there is. Flags, environment variables, files, --help and docs/config.md follow from
// it.
#pragma once

#include <google/protobuf/descriptor.h>

#include <string>
#include <vector>

#include "atelier/config/v1/setting.pb.h"

namespace atelier::config {

struct SettingInfo {
  /// Owned by the generated descriptor pool, which lives as long as the process.
  const google::protobuf::FieldDescriptor* field = nullptr;
  v1::Setting rules;
  /// The field's comment, as one line.
  std::string help;
  /// In a file: "max_queue".
  std::string key() const { return field->name(); }
  /// On the command line: "--max-queue".
  std::string flag() const;
  /// In the environment: "ATELIER_MAX_QUEUE".
  std::string variable() const;
};

/// In the order of the message. REQUIRES: a message of proto/atelier/config/v1.
std::vector<SettingInfo> SettingsOf(const google::protobuf::Descriptor& message);

/// What its values must be, to follow "must be": "a whole number from 1 to 100".
std::string RuleOf(const SettingInfo& setting);

}  // namespace atelier::config
