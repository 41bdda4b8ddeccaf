// --person, --source-person and --pose-person: which of several people in a picture is meant.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "atelier/v1/pose.pb.h"
#include "base/result.h"

namespace atelier::cli {

/// `about` says what the picture is, e.g. "the source".
void AddPersonFlag(CLI::App& command, const std::string& name, const std::string& about,
                   std::vector<float>& numbers);

/// Of a flag's numbers: one is an index, four are a box, none leaves `person` unset.
/// INVALID_ARGUMENT naming `flag` for any other count, and for an index that is no whole number.
Status SetPerson(const std::vector<float>& numbers, const std::string& flag,
                 v1::PersonChoice& person);

}  // namespace atelier::cli
