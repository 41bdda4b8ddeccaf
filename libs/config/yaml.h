// Settings as YAML: one mapping from key to value, nothing nested; or the settings of several
// processes in one file, each such a mapping under the process' name.
#pragma once

#include <google/protobuf/message.h>

#include <array>
#include <map>
#include <string>

#include "base/result.h"

namespace atelier::config {

/// Where the value of a setting came from, for a person: "default", "server.yaml:3",
/// "ATELIER_DATA", "--data". By key.
using Origins = std::map<std::string, std::string>;

/// Sets what `text` gives and leaves the rest. INVALID_ARGUMENT begins with `file` and the line:
/// bad YAML, an unknown key, a key given twice, a value that breaks its rule.
Status ApplyYaml(const std::string& text, const std::string& file,
                 google::protobuf::Message& message, Origins& origins);

/// ApplyYaml() of a file's text. NOT_FOUND or PERMISSION_DENIED (CONFIG_FILE) when it cannot be
/// read.
Status ApplyFile(const std::string& path, google::protobuf::Message& message, Origins& origins);

/// The sections of a studio's file: the processes' names without `atelier-`.
inline constexpr std::array kSections = {"server", "pose", "region", "generation"};

/// As ApplyFile() for the mapping under `section` of a file that has any of kSections and nothing
/// else; a file without it changes nothing. REQUIRES: `section` is one of kSections.
Status ApplyStudioFile(const std::string& path, const std::string& section,
                       google::protobuf::Message& message, Origins& origins);

/// Every setting in the order of the schema, each with its origin as a comment; ApplyYaml() reads
/// it back.
std::string ToYaml(const google::protobuf::Message& message, const Origins& origins);

}  // namespace atelier::config
