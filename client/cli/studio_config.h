// The settings file of a whole studio, as `atelier up --config` takes it: what the command itself
// must know of it. Its processes read their own sections.
#pragma once

#include <filesystem>
#include <string>

#include "base/result.h"
#include "client/supervisor/studio_plan.h"

namespace atelier::cli {

/// Checks all sections of `studio.config_file`, if there is one, and fills in listen, data_dir and
/// models: from the flags (empty: not given; models as they are), else from the file, else the
/// defaults (no models). Errors have the reason LOCAL_FILE and name the file and line: an unknown
/// section or key, a value that breaks its rule, or a setting that `atelier up` itself decides.
Status FillFromFile(const std::string& listen_flag, const std::filesystem::path& data_flag,
                    supervisor::StudioOptions& studio);

}  // namespace atelier::cli
