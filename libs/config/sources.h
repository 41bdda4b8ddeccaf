// The values of a process' settings from everywhere they may be given: defaults < file <
// environment < flags.
#pragma once

#include <google/protobuf/message.h>

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "config/yaml.h"

namespace atelier::config {

/// getenv(3) or a test's.
using Environment = std::function<const char*(const char* name)>;

struct Sources {
  /// Path of a YAML file; empty: none.
  std::string file;
  Environment environment;
  /// What flags gave, by the setting's key.
  std::map<std::string, std::vector<std::string>> flags;
  /// The key of the file under which the settings are; empty: they are the file. See
  /// ApplyStudioFile().
  std::string section = {};
};

/// Fills `message` and tells where each value that is no default came from. INVALID_ARGUMENT names
/// the file and line, variable or flag, with the rule and the value; also for a setting that must
/// be given and is not. A variable that is set but empty counts as not set. A list in a variable is
/// parted by commas.
Result<Origins> ReadSettings(const Sources& sources, google::protobuf::Message& message);

}  // namespace atelier::config
