// `atelier edit --dry-run`: what an edit would be made from, without queueing it.
#pragma once

#include <filesystem>

#include "client/cli/command.h"

namespace atelier::cli {

/// Writes into `folder`, which is made when it is not there: the masks of the swapped regions in
/// the base ("base-REGION.png") and in the pictures of other people ("swap-N-REGION.png", N from
/// 1), and the base's texture map with the other people's regions in it ("texture.png" and
/// "texture-validity.png"). Of a person without a fitted body there are no masks, which is said on
/// stderr. Prints the files and a table of the base's regions, or with --json the description.
Status DryRun(const CommonFlags& flags, const v1::EditSpec& spec,
              const std::filesystem::path& folder, bool force);

}  // namespace atelier::cli
