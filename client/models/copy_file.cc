#include "client/models/copy_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <vector>

#include "client/local_file.h"
#include "system/atomic_file.h"
#include "system/file_descriptor.h"

namespace atelier::client {
namespace {

namespace fs = std::filesystem;

constexpr size_t kPieceBytes = 8 << 20;

Unexpected SystemError(const fs::path& path) {
  return MakeError(Code::kInternal, std::string(kLocalFileReason),
                   path.string() + ": " + std::strerror(errno));
}

/// Through memory. The number of bytes; 0 at the end; -1 with errno.
ssize_t CopyPiece(int from, int to, std::vector<char>& buffer) {
  buffer.resize(kPieceBytes);
  const ssize_t size = ::read(from, buffer.data(), buffer.size());
  if (size <= 0) return size;
  errno = WriteAll(to, {buffer.data(), static_cast<size_t>(size)});
  return errno == 0 ? size : -1;
}

}  // namespace

Status CopyWholeFile(const fs::path& from, const fs::path& to,
                     const std::function<bool()>& stopped) {
  const FileDescriptor source(::open(from.c_str(), O_RDONLY | O_CLOEXEC));
  if (!source.is_open()) return SystemError(from);
  const FileDescriptor target(::open(to.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
  if (!target.is_open()) return SystemError(to);
  std::vector<char> buffer;
  bool in_kernel = true;
  for (;;) {
    if (stopped && stopped()) {
      return MakeError(Code::kCancelled, "STOPPED", "interrupted; nothing was added");
    }
    // The kernel may share blocks instead of copying them; not every file system can.
    const ssize_t size =
        in_kernel ? ::copy_file_range(source.get(), nullptr, target.get(), nullptr, kPieceBytes, 0)
                  : CopyPiece(source.get(), target.get(), buffer);
    if (size > 0 || (size < 0 && errno == EINTR)) continue;
    if (!in_kernel && size == 0) break;
    if (!in_kernel) return SystemError(to);
    // Its end as the kernel sees it may be a file system's way to say no: reading tells.
    in_kernel = false;
  }
  if (::fsync(target.get()) != 0) return SystemError(to);
  return {};
}

}  // namespace atelier::client
