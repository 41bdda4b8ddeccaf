#include "system/output_file.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

#include "system/atomic_file.h"
#include "system/file_descriptor.h"

namespace atelier {
namespace {

namespace fs = std::filesystem;

// As many as the kernel follows.
constexpr int kMostLinks = 40;

/// Where the bytes go in the end.
struct Target {
  enum class Kind { kFile, kStream, kSocket, kDescriptor };
  Kind kind = Kind::kFile;
  /// Without links.
  fs::path path;
  int descriptor = -1;
  /// Of a kFile that is there already.
  std::optional<struct stat> replaced;
};

Unexpected Failure(Code code, const fs::path& path, const std::string& what) {
  return MakeError(code, "FILE_NOT_WRITTEN", path.string() + ": " + what);
}

Unexpected SystemFailure(const fs::path& path, int cause) {
  Code code = Code::kInternal;
  if (cause == ENOENT || cause == ENOTDIR) code = Code::kNotFound;
  if (cause == EACCES || cause == EPERM || cause == EROFS) code = Code::kPermissionDenied;
  if (cause == ENOSPC || cause == EDQUOT) code = Code::kResourceExhausted;
  const std::string what = cause == EPIPE ? "its reader is gone" : std::strerror(cause);
  return Failure(code, path, what);
}

/// N of this process' own /proc/PID/fd/N. Opening such a path again would write at a file's start
/// and fail for a socket.
std::optional<int> OwnDescriptor(const fs::path& folder, const fs::path& name) {
  std::error_code error;
  if (folder != fs::canonical("/proc/self/fd", error) || error) return std::nullopt;
  const std::string digits = name.string();
  int descriptor = -1;
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), descriptor);
  if (read.ec != std::errc() || read.ptr != digits.data() + digits.size()) return std::nullopt;
  return descriptor;
}

Result<Target> TargetAt(const fs::path& place, const struct stat& found, const fs::path& named) {
  Target target;
  target.path = place;
  if (S_ISDIR(found.st_mode)) return Failure(Code::kInvalidArgument, named, "is a folder");
  if (S_ISREG(found.st_mode)) {
    target.replaced = found;
  } else {
    target.kind = S_ISSOCK(found.st_mode) ? Target::Kind::kSocket : Target::Kind::kStream;
  }
  return target;
}

/// Follows the links of `named`.
Result<Target> FindTarget(const fs::path& named) {
  if (named.empty()) return Failure(Code::kInvalidArgument, named, "the path is empty");
  fs::path path = named;
  for (int links = 0; links <= kMostLinks; ++links) {
    if (!path.has_filename()) return Failure(Code::kInvalidArgument, named, "is a folder");
    const fs::path parent = path.has_parent_path() ? path.parent_path() : fs::path(".");
    std::error_code error;
    const fs::path folder = fs::canonical(parent, error);
    if (error || !fs::is_directory(folder, error)) {
      return Failure(Code::kNotFound, named, "there is no folder " + parent.string());
    }
    if (const auto descriptor = OwnDescriptor(folder, path.filename())) {
      return Target{Target::Kind::kDescriptor, path, *descriptor, {}};
    }
    const fs::path place = folder / path.filename();
    struct stat found {};
    if (::lstat(place.c_str(), &found) != 0) {
      if (errno != ENOENT) return SystemFailure(named, errno);
      return Target{Target::Kind::kFile, place, -1, {}};
    }
    if (!S_ISLNK(found.st_mode)) return TargetAt(place, found, named);
    // An absolute link replaces the folder.
    path = folder / fs::read_symlink(place, error);
    if (error) return Failure(Code::kInternal, named, error.message());
  }
  return SystemFailure(named, ELOOP);
}

Status Refuse(const fs::path& path) {
  return MakeError(Code::kAlreadyExists, "FILE_EXISTS", path.string() + " is there already");
}

Status WriteAndClose(FileDescriptor& out, std::string_view bytes, const fs::path& named) {
  ATELIER_RETURN_IF_ERROR(WriteToDescriptor(out.get(), bytes, named.string()));
  if (!out.Close()) return SystemFailure(named, errno);
  return {};
}

Status ReplaceFile(const Target& target, std::string_view bytes, Overwrite overwrite,
                   const fs::path& named) {
  AtomicFile out(AtomicFile::NameBeside(target.path));
  if (target.replaced && out.error() == 0) {
    // The owner may be kept by root alone; the mode after it, since a change of owner cuts it.
    [[maybe_unused]] const int kept =
        ::fchown(out.descriptor(), target.replaced->st_uid, target.replaced->st_gid);
    ::fchmod(out.descriptor(), target.replaced->st_mode & 07777);
  }
  out.Write(bytes);
  const int cause =
      overwrite == Overwrite::kReplace ? out.Replace(target.path) : out.MoveToFree(target.path);
  if (cause == 0) return {};
  return cause == EEXIST ? Refuse(named) : SystemFailure(named, cause);
}

Status WriteToSocket(const fs::path& path, std::string_view bytes, const fs::path& named) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.string().size() >= sizeof(address.sun_path)) return SystemFailure(named, ENAMETOOLONG);
  std::strncpy(address.sun_path, path.c_str(), sizeof(address.sun_path) - 1);
  FileDescriptor out(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!out.is_open()) return SystemFailure(named, errno);
  if (::connect(out.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    return SystemFailure(named, errno);
  }
  return WriteAndClose(out, bytes, named);
}

Status CheckTarget(const Target& target, Overwrite overwrite, const fs::path& named) {
  switch (target.kind) {
    case Target::Kind::kDescriptor: {
      const int flags = ::fcntl(target.descriptor, F_GETFL);
      if (flags < 0) return SystemFailure(named, errno);
      if ((flags & O_ACCMODE) == O_RDONLY) return SystemFailure(named, EACCES);
      return {};
    }
    case Target::Kind::kStream:
    case Target::Kind::kSocket:
      if (::access(target.path.c_str(), W_OK) != 0) return SystemFailure(named, errno);
      return {};
    case Target::Kind::kFile:
      break;
  }
  if (target.replaced && overwrite == Overwrite::kRefuse) return Refuse(named);
  // A rename would replace a file that its owner protects.
  if (target.replaced && ::access(target.path.c_str(), W_OK) != 0) {
    return SystemFailure(named, errno);
  }
  if (::access(target.path.parent_path().c_str(), W_OK | X_OK) != 0) {
    return SystemFailure(named, errno);
  }
  return {};
}

}  // namespace

Status CheckOutputFile(const fs::path& path, Overwrite overwrite) {
  ATELIER_ASSIGN_OR_RETURN(const Target target, FindTarget(path));
  return CheckTarget(target, overwrite, path);
}

Status WriteOutputFile(const fs::path& path, std::string_view bytes, Overwrite overwrite) {
  ATELIER_ASSIGN_OR_RETURN(const Target target, FindTarget(path));
  ATELIER_RETURN_IF_ERROR(CheckTarget(target, overwrite, path));
  switch (target.kind) {
    case Target::Kind::kFile:
      return ReplaceFile(target, bytes, overwrite, path);
    case Target::Kind::kSocket:
      return WriteToSocket(target.path, bytes, path);
    case Target::Kind::kDescriptor:
      return WriteToDescriptor(target.descriptor, bytes, path.string());
    case Target::Kind::kStream:
      break;
  }
  FileDescriptor out(::open(target.path.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY));
  if (!out.is_open()) return SystemFailure(path, errno);
  return WriteAndClose(out, bytes, path);
}

Status WriteToDescriptor(int descriptor, std::string_view bytes, std::string_view name) {
  const int cause = WriteAll(descriptor, bytes);
  if (cause != 0) return SystemFailure(fs::path(name), cause);
  return {};
}

bool IsRegularOutput(const fs::path& path) {
  const auto target = FindTarget(path);
  return target && target->kind == Target::Kind::kFile && target->replaced;
}

fs::path OutputPlace(const fs::path& path) {
  const auto target = FindTarget(path);
  return target ? target->path : path;
}

}  // namespace atelier
