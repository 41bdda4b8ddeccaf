#include "client/cli/files/outputs.h"

#include <unistd.h>

#include <map>

#include "client/cli/files/inputs.h"
#include "client/cli/files/picture_format.h"
#include "client/local_file.h"
#include "client/sendable.h"

namespace atelier::cli {

namespace {

namespace fs = std::filesystem;

Status CheckFormat(const Output& output) {
  if (output.kind == OutputKind::kBytes || output.path == kDash) return {};
  ATELIER_ASSIGN_OR_RETURN(const PictureFormat format, FormatOf(output.path, output.flag));
  if (output.kind != OutputKind::kExactPng || format == PictureFormat::kPng) return {};
  return client::BadArgument(
      output.flag, "a file name that ends in .png, since its pixels are exact", output.path);
}

Status CheckStandardOutput(const Output& output, bool json) {
  if (output.count > 1) {
    return client::BadArgument(output.flag, "a file for more than one picture", output.path);
  }
  if (json) {
    return client::BadArgument(output.flag, "a file with --json, which takes standard output",
                               output.path);
  }
  if (output.path == kDash && ::isatty(STDOUT_FILENO) == 1) {
    return client::BadArgument(output.flag, "a file while standard output is a terminal",
                               output.path);
  }
  return {};
}

/// Two paths of one file compare equal.
std::string Identity(const fs::path& path) {
  if (IsStandardOutput(path.string())) return kDash;
  std::error_code error;
  const fs::path whole = fs::weakly_canonical(path, error);
  return error ? path.lexically_normal().string() : whole.string();
}

/// /dev/null takes any number of pictures, standard output one.
bool MayBeShared(const fs::path& path) {
  std::error_code error;
  return !IsStandardOutput(path.string()) && fs::exists(path, error) && !IsRegularOutput(path);
}

}  // namespace

CLI::Option* AddOutputFlag(CLI::App& command, const std::string& names, std::string& path,
                           const std::string& help) {
  const auto check = [](const std::string& given) {
    return given.empty() ? std::string("must be a file name. Given: none") : std::string();
  };
  return command.add_option(names, path, help)->check(CLI::Validator(check, "", "file name"));
}

void AddForceFlag(CLI::App& command, bool& force) {
  command.add_flag("-f,--force", force, "Replace files that are there already");
}

Overwrite OverwriteOf(bool force) { return force ? Overwrite::kReplace : Overwrite::kRefuse; }

bool IsStandardOutput(const std::string& path) {
  return path == kDash || path == "/dev/stdout" || path == "/dev/fd/1" || path == "/proc/self/fd/1";
}

bool TakesStandardOutput(const std::vector<Output>& outputs) {
  for (const Output& output : outputs) {
    if (IsStandardOutput(output.path)) return true;
  }
  return false;
}

fs::path NumberedPath(const fs::path& path, size_t index, size_t count) {
  if (count == 1) return path;
  std::string number = std::to_string(index + 1);
  number.insert(0, std::to_string(count).size() - number.size(), '0');
  return path.parent_path() / (path.stem().string() + "-" + number + path.extension().string());
}

Status CheckOutputs(const std::vector<Output>& outputs, bool force, bool json) {
  std::map<std::string, std::string> flags_by_file;
  for (const Output& output : outputs) {
    if (output.path.empty()) continue;
    ATELIER_RETURN_IF_ERROR(CheckFormat(output));
    if (IsStandardOutput(output.path)) ATELIER_RETURN_IF_ERROR(CheckStandardOutput(output, json));
    for (size_t i = 0; i < output.count; ++i) {
      const fs::path path = NumberedPath(output.path, i, output.count);
      const auto [taken, is_new] = flags_by_file.emplace(Identity(path), output.flag);
      if (!is_new && !MayBeShared(path)) {
        return client::BadArgument(output.flag, "another file than that of `" + taken->second + "`",
                                   path.string());
      }
      if (output.path == kDash) continue;
      Status writable = client::CheckWritable(path, OverwriteOf(force));
      if (!writable && writable.error().code == Code::kAlreadyExists) {
        writable.error().message += ": --force replaces it";
      }
      ATELIER_RETURN_IF_ERROR(writable);
    }
  }
  return {};
}

Status WriteOutput(const Output& output, const std::string& png, bool force, size_t index) {
  if (output.path.empty()) return {};
  if (output.path == kDash) return client::WriteToStandardOutput(png);
  const fs::path path = NumberedPath(output.path, index, output.count);
  if (output.kind != OutputKind::kPicture) {
    return client::WriteFile(path, png, OverwriteOf(force));
  }
  ATELIER_ASSIGN_OR_RETURN(const PictureFormat format, FormatOf(output.path, output.flag));
  ATELIER_ASSIGN_OR_RETURN(const std::string encoded, EncodeAs(png, format));
  return client::WriteFile(path, encoded, OverwriteOf(force));
}

Status WriteIfShown(const Output& output, const std::string& png, bool force, const char* reason,
                    const std::string& picture, const std::string& what) {
  if (output.path.empty() || !png.empty()) return WriteOutput(output, png, force);
  return MakeError(Code::kFailedPrecondition, reason,
                   picture + " shows no " + what + " to write to " + output.path);
}

}  // namespace atelier::cli
