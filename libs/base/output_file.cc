#include "base/output_file.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

#include "base/ids.h"

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

/// An open descriptor; close() is asked whether all bytes arrived.
class Descriptor {
 public:
  explicit Descriptor(int descriptor) : descriptor_(descriptor) {}
  ~Descriptor() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  int get() const { return descriptor_; }
  bool Close() { return ::close(std::exchange(descriptor_, -1)) == 0; }

 private:
  int descriptor_;
};

Status WriteAndClose(Descriptor& out, std::string_view bytes, const fs::path& named) {
  ATELIER_RETURN_IF_ERROR(WriteToDescriptor(out.get(), bytes, named.string()));
  if (!out.Close()) return SystemFailure(named, errno);
  return {};
}

/// Puts `temporary` at `path`. EEXIST when a file came there meanwhile and must stay.
int MoveInto(const fs::path& temporary, const fs::path& path, Overwrite overwrite) {
  if (overwrite == Overwrite::kReplace) {
    return ::rename(temporary.c_str(), path.c_str()) == 0 ? 0 : errno;
  }
  if (::renameat2(AT_FDCWD, temporary.c_str(), AT_FDCWD, path.c_str(), RENAME_NOREPLACE) == 0) {
    return 0;
  }
  // Some file systems cannot.
  if (errno != EINVAL && errno != ENOSYS) return errno;
  struct stat found {};
  if (::lstat(path.c_str(), &found) == 0) return EEXIST;
  return ::rename(temporary.c_str(), path.c_str()) == 0 ? 0 : errno;
}

Status ReplaceFile(const Target& target, std::string_view bytes, Overwrite overwrite,
                   const fs::path& named) {
  // A short name of its own: the file's may be as long as names can be.
  const fs::path temporary = target.path.parent_path() / (".atelier-" + NewId() + ".part");
  Descriptor out(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
  if (out.get() < 0) return SystemFailure(named, errno);
  if (target.replaced) {
    // The owner may be kept by root alone; the mode after it, since a change of owner cuts it.
    [[maybe_unused]] const int kept =
        ::fchown(out.get(), target.replaced->st_uid, target.replaced->st_gid);
    ::fchmod(out.get(), target.replaced->st_mode & 07777);
  }
  Status status = WriteAndClose(out, bytes, named);
  if (status) {
    const int cause = MoveInto(temporary, target.path, overwrite);
    if (cause == 0) return {};
    status = cause == EEXIST ? Refuse(named) : SystemFailure(named, cause);
  }
  ::unlink(temporary.c_str());
  return status;
}

Status WriteToSocket(const fs::path& path, std::string_view bytes, const fs::path& named) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.string().size() >= sizeof(address.sun_path)) return SystemFailure(named, ENAMETOOLONG);
  std::strncpy(address.sun_path, path.c_str(), sizeof(address.sun_path) - 1);
  Descriptor out(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (out.get() < 0) return SystemFailure(named, errno);
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
  Descriptor out(::open(target.path.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY));
  if (out.get() < 0) return SystemFailure(path, errno);
  return WriteAndClose(out, bytes, path);
}

Status WriteToDescriptor(int descriptor, std::string_view bytes, std::string_view name) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    // Standard output may be a pipe that another process made non-blocking.
    if (written < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
      pollfd writable{descriptor, POLLOUT, 0};
      ::poll(&writable, 1, -1);
      continue;
    }
    if (written < 0) return SystemFailure(fs::path(name), errno);
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return {};
}

bool IsRegularOutput(const fs::path& path) {
  const auto target = FindTarget(path);
  return target && target->kind == Target::Kind::kFile && target->replaced;
}

}  // namespace atelier
