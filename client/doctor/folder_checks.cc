#include "client/doctor/folder_checks.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>

#include "client/models/model_check.h"
#include "client/models/shipped_models.h"
#include "system/file_descriptor.h"

namespace atelier::doctor {
namespace {

namespace fs = std::filesystem;

/// Of one model; `atelier models check` tells all.
constexpr size_t kListedProblems = 3;
/// Below this the server's next pictures or commits fail.
constexpr uintmax_t kNeededBytes = 256ull << 20;
/// A few thousand pictures with their conditions.
constexpr uintmax_t kGoodBytes = 2ull << 30;

Finding Problem(const std::string& subject, const std::string& text) {
  return {Severity::kProblem, subject, text};
}

std::string Mebibytes(uintmax_t bytes) { return std::to_string(bytes >> 20) + " MiB"; }

/// `path` or the nearest folder above it that is there.
fs::path Existing(const fs::path& path) {
  std::error_code error;
  fs::path folder = fs::absolute(path, error);
  while (!fs::exists(folder, error) && folder.has_relative_path()) folder = folder.parent_path();
  return folder;
}

/// Whether somebody holds flock(2) on DATA/lock, as a running server does.
bool IsLocked(const fs::path& data) {
  const FileDescriptor lock(::open((data / "lock").c_str(), O_RDONLY | O_CLOEXEC));
  return lock.is_open() && ::flock(lock.get(), LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
}

}  // namespace

Finding CheckPrograms(const fs::path& bin_dir) {
  for (const char* name :
       {"atelier-server", "atelier-pose", "atelier-region", "atelier-generation"}) {
    const fs::path program = bin_dir / name;
    if (::access(program.c_str(), X_OK) == 0) continue;
    return Problem("programs", program.string() + ": " + std::strerror(errno) +
                                   "; build everything, or name the folder with --bin-dir");
  }
  return {Severity::kOk, "programs", bin_dir.string() + " has all four"};
}

Findings CheckModel(const fs::path& bin_dir, const fs::path& model) {
  const auto check = client::CheckModelFolder(
      {.bin_dir = bin_dir, .folder = model, .layouts = client::FindPublishedLayouts(bin_dir)});
  if (!check) {
    std::error_code error;
    const bool is_folder = fs::is_directory(model, error);
    const std::string& said = check.error().message;
    if (!is_folder) return {Problem("model", said)};
    return {{Severity::kWarning, "model", model.string() + " was not looked at: " + said}};
  }
  if (check->good) {
    return {{Severity::kOk, "model",
             model.string() + ": " + check->name + ", " + std::to_string(check->component_count) +
                 " components fit"}};
  }
  Findings findings;
  for (const std::string& problem : check->problems) {
    if (findings.size() == kListedProblems) break;
    findings.push_back(Problem("model", model.string() + ": " + problem));
  }
  const int rest = check->problem_count - static_cast<int>(findings.size());
  if (rest > 0) {
    findings.push_back(Problem("model", model.string() + ": " + std::to_string(rest) +
                                            " more; `atelier models check` lists them"));
  }
  return findings;
}

Finding CheckData(const fs::path& data, bool server_runs) {
  std::error_code error;
  if (fs::exists(data, error) && !fs::is_directory(data, error)) {
    return Problem("data", data.string() + " is no folder");
  }
  const fs::path folder = Existing(data);
  if (!fs::is_directory(folder, error)) {
    return Problem("data", data.string() + " cannot be made: " + folder.string() + " is no folder");
  }
  if (::access(folder.c_str(), R_OK | W_OK | X_OK) != 0) {
    return Problem("data", folder.string() + " cannot be written: " + std::strerror(errno));
  }
  if (!IsLocked(data)) return {Severity::kOk, "data", data.string() + " may be written"};
  if (server_runs) return {Severity::kOk, "data", data.string() + " is used by the running server"};
  return Problem("data", data.string() +
                             " is locked: another atelier-server uses it; stop that one or name "
                             "another folder");
}

Finding JudgeDiskSpace(uintmax_t bytes, const std::string& where) {
  const std::string text = Mebibytes(bytes) + " free at " + where;
  if (bytes < kNeededBytes) {
    return Problem("disk", text + "; at least " + Mebibytes(kNeededBytes) + " are needed");
  }
  if (bytes < kGoodBytes) {
    return {Severity::kWarning, "disk", text + "; pictures will fill that soon"};
  }
  return {Severity::kOk, "disk", text};
}

Finding CheckDiskSpace(const fs::path& data) {
  std::error_code error;
  const fs::path folder = Existing(data);
  const fs::space_info space = fs::space(folder, error);
  if (error) return Problem("disk", folder.string() + ": " + error.message());
  return JudgeDiskSpace(space.available, folder.string());
}

}  // namespace atelier::doctor
