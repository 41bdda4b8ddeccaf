// The tables of docs/config.md.
#pragma once

#include <google/protobuf/descriptor.h>

#include <string>

namespace atelier::config {

/// A Markdown table of the message's settings: key, default, what is allowed, what it does.
std::string SettingsTable(const google::protobuf::Descriptor& message);

}  // namespace atelier::config
