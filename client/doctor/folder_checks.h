// Files and folders of this machine: programs, models, the data folder. Nothing is written.
#pragma once

#include <filesystem>

#include "client/doctor/finding.h"

namespace atelier::doctor {

/// Whether the four programs are in `bin_dir` and may be run.
Finding CheckPrograms(const std::filesystem::path& bin_dir);

/// What `atelier models check` says of the folder: one finding when it is a whole model, else the
/// first few problems. A warning that says so when `bin_dir` has no program to look at it.
Findings CheckModel(const std::filesystem::path& bin_dir, const std::filesystem::path& model);

/// Whether the data folder, or where it would be made, may be written, and whether a server holds
/// it. `server_runs`: a server answers on this machine, and a held lock is its.
Finding CheckData(const std::filesystem::path& data, bool server_runs);

/// Room on the disk of the data folder.
Finding CheckDiskSpace(const std::filesystem::path& data);
/// The verdict on `bytes` of room at `where`.
Finding JudgeDiskSpace(uintmax_t bytes, const std::string& where);

}  // namespace atelier::doctor
