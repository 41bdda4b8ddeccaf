#include "system/atomic_file.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>  // renameat2()
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "base/ids.h"

namespace atelier {

namespace fs = std::filesystem;

int WriteAll(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    // Standard output may be a pipe that another process made non-blocking.
    if (written < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
      pollfd writable{descriptor, POLLOUT, 0};
      ::poll(&writable, 1, -1);
      continue;
    }
    if (written < 0) return errno;
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return 0;
}

int SyncPath(const fs::path& path) {
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  return file.is_open() && ::fsync(file.get()) == 0 ? 0 : errno;
}

int RenameToFree(const fs::path& from, const fs::path& to) {
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return 0;
  // Some file systems know no flags.
  if (errno != EINVAL && errno != ENOSYS) return errno;
  struct stat found {};
  if (::lstat(to.c_str(), &found) == 0) return EEXIST;
  return ::rename(from.c_str(), to.c_str()) == 0 ? 0 : errno;
}

AtomicFile::AtomicFile(fs::path temporary, mode_t mode)
    : temporary_(std::move(temporary)),
      file_(::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)) {
  if (file_.is_open()) return;
  error_ = errno;
  // A file of that name is not ours to remove.
  renamed_ = true;
}

AtomicFile::~AtomicFile() {
  if (!renamed_) ::unlink(temporary_.c_str());
}

fs::path AtomicFile::NameBeside(const fs::path& place) {
  return place.parent_path() / (".atelier-" + NewId() + ".part");
}

int AtomicFile::Done(int error) {
  if (error_ == 0) error_ = error;
  return error_;
}

int AtomicFile::Write(std::string_view bytes) {
  return error_ != 0 ? error_ : Done(WriteAll(file_.get(), bytes));
}

int AtomicFile::Sync() {
  return error_ != 0 ? error_ : Done(::fsync(file_.get()) == 0 ? 0 : errno);
}

int AtomicFile::Close() { return error_ != 0 ? error_ : Done(file_.Close() ? 0 : errno); }

int AtomicFile::Replace(const fs::path& place) {
  if (Close() != 0) return error_;
  renamed_ = ::rename(temporary_.c_str(), place.c_str()) == 0;
  return Done(renamed_ ? 0 : errno);
}

int AtomicFile::MoveToFree(const fs::path& place) {
  if (Close() != 0) return error_;
  const int cause = RenameToFree(temporary_, place);
  renamed_ = cause == 0;
  return Done(cause);
}

}  // namespace atelier
