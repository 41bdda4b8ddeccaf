// How warnings are shown, and --strict, which turns them into failures.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "warnings/strict.h"

namespace atelier::cli {

void AddStrictFlag(CLI::App& command, std::vector<std::string>& strict);

/// As a request has it.
StrictReasons StrictOf(const std::vector<std::string>& strict);

/// Each as one line on stderr; nothing with `json`, where they are part of the answer.
void ShowWarnings(const WarningMessages& warnings, bool json);

}  // namespace atelier::cli
