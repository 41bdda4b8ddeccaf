// What `atelier edit` is told to change: REGION=SOURCE of several options, as swaps in the order of
// the command line.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "atelier/v1/job.pb.h"
#include "base/result.h"
#include "client/cli/files/inputs.h"

namespace atelier::cli {

inline constexpr std::string_view kRegionWords =
    "face, head, hair, upper, lower, outfit, shoes, skin, arms, legs, whole, background or part1 "
    "to "
    "part24";

/// One option of one swap, e.g. {"--swap", "upper=other.jpg"}.
struct SwapArgument {
  std::string flag;
  std::string value;
};

/// Adds --swap, --garment, --colour, --pattern, --background, --strength and --swap-person.
void AddSwapFlags(CLI::App& command);

/// Their values in the order of the command line. REQUIRES: AddSwapFlags(command), parsed.
std::vector<SwapArgument> SwapArgumentsOf(const CLI::App& command);

/// The files among them, for CheckInputs().
std::vector<Given> FilesOf(const std::vector<SwapArgument>& arguments);

/// The region of one of kRegionWords, in lower case; UPPER_SNAKE names of BodyRegion are taken as
/// well. INVALID_ARGUMENT with kBadArgumentReason naming `flag`.
Result<v1::RegionName> RegionOf(const std::string& word, const std::string& flag);

/// Adds the swaps to `spec`, their pictures read. INVALID_ARGUMENT with kBadArgumentReason naming
/// the flag; LOCAL_FILE. What goes with what is for the server to say.
Status AddSwaps(const std::vector<SwapArgument>& arguments, v1::EditSpec& spec);

}  // namespace atelier::cli
