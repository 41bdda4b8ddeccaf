// The settings files of the processes, and what they name: ports, folders, peers.
#pragma once

#include <filesystem>
#include <string>

#include "client/doctor/finding.h"
#include "config/sources.h"

namespace atelier::doctor {

/// Paths of YAML files; empty: not looked at.
struct ConfigFiles {
  std::string server;
  std::string pose;
  std::string region;
  std::string generation;
};

/// Reads each file as its process would, with `environment` over it, then looks at the models, the
/// data folder, the addresses to listen on (fine when that very process already serves there) and
/// the peers to call. `bin_dir` has the program that looks at models.
Findings CheckConfigs(const ConfigFiles& files, const config::Environment& environment,
                      const std::filesystem::path& bin_dir);

}  // namespace atelier::doctor
