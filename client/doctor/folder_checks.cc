#include "client/doctor/folder_checks.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

namespace atelier::doctor {
namespace {

namespace fs = std::filesystem;

/// Below this the server's next pictures or commits fail.
constexpr uintmax_t kNeededBytes = 256ull << 20;
/// A few thousand pictures with their conditions.
constexpr uintmax_t kGoodBytes = 2ull << 30;

Finding Problem(const std::string& subject, const std::string& text) {
  return {Severity::kProblem, subject, text};
}

/// The file names under "weights" of a component: one or a list.
std::vector<std::string> WeightsOf(const nlohmann::json& component) {
  std::vector<std::string> files;
  const auto weights = component.is_object() ? component.find("weights") : component.end();
  if (!component.is_object() || weights == component.end()) return files;
  if (weights->is_string()) files.push_back(*weights);
  if (!weights->is_array()) return files;
  for (const auto& file : *weights) {
    if (file.is_string()) files.push_back(file);
  }
  return files;
}

/// Why `file` cannot serve as weights; "" when it can.
std::string WhyUnusable(const fs::path& file) {
  std::error_code error;
  const uintmax_t bytes = fs::file_size(file, error);
  if (error) return "is not there";
  if (bytes == 0) return "is empty";
  std::ifstream stream(file, std::ios::binary);
  if (!stream.is_open()) return std::string("cannot be read: ") + std::strerror(errno);
  constexpr std::string_view kPointer = "version https://git-lfs";
  std::string start(kPointer.size(), '\0');
  stream.read(start.data(), static_cast<std::streamsize>(start.size()));
  if (start == kPointer) return "is a Git LFS pointer: fetch it with `git lfs pull`";
  return {};
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
  const int descriptor = ::open((data / "lock").c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return false;
  const bool locked = ::flock(descriptor, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
  ::close(descriptor);
  return locked;
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

Finding CheckModel(const fs::path& model) {
  const std::string path = (model / "model.json").string();
  std::ifstream file(path);
  if (!file.is_open()) return Problem("model", path + ": " + std::strerror(errno));
  const auto json = nlohmann::json::parse(file, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return Problem("model", path + " is no JSON object");
  const auto components = json.find("components");
  if (components == json.end() || !components->is_object() || components->empty()) {
    return Problem("model", path + " names no components");
  }
  size_t files = 0;
  for (const auto& [name, component] : components->items()) {
    for (const std::string& weights : WeightsOf(component)) {
      ++files;
      const std::string why = WhyUnusable(model / weights);
      if (why.empty()) continue;
      return Problem("model", (model / weights).string() + " (" + name + ") " + why);
    }
  }
  if (files == 0) return Problem("model", path + " names no weights");
  return {Severity::kOk, "model", model.string() + ": " + std::to_string(files) + " weight files"};
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
