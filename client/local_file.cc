#include "client/local_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "picture/picture_header.h"
#include "system/file_descriptor.h"

namespace atelier::client {

namespace {

namespace fs = std::filesystem;

Unexpected LocalError(Code code, const fs::path& path, const std::string& what) {
  return MakeError(code, std::string(kLocalFileReason), path.string() + ": " + what);
}

/// `status` with the reason of this file.
Status AsLocal(Status status) {
  if (!status) status.error().reason = std::string(kLocalFileReason);
  return status;
}

}  // namespace

Result<std::string> ReadFile(const fs::path& path, size_t max_bytes) {
  std::error_code error;
  if (fs::is_directory(path, error)) return LocalError(Code::kInvalidArgument, path, "is a folder");
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  if (!file.is_open()) return LocalError(Code::kNotFound, path, std::strerror(errno));
  return ReadDescriptor(file.get(), path, max_bytes);
}

Result<std::string> ReadDescriptor(int descriptor, const fs::path& name, size_t max_bytes) {
  std::string bytes;
  char buffer[64 << 10];
  for (;;) {
    const ssize_t size = ::read(descriptor, buffer, sizeof(buffer));
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return LocalError(Code::kDataLoss, name, std::strerror(errno));
    if (size == 0) return bytes;
    bytes.append(buffer, static_cast<size_t>(size));
    if (bytes.size() > max_bytes) {
      return LocalError(Code::kInvalidArgument, name,
                        "is longer than " + std::to_string(max_bytes) + " bytes");
    }
  }
}

Result<v1::Picture> PictureFromFile(const fs::path& path) {
  ATELIER_ASSIGN_OR_RETURN(std::string bytes, ReadFile(path, kMaxPictureBytes));
  return PictureFromBytes(std::move(bytes), path);
}

Result<v1::Picture> PictureFromBytes(std::string bytes, const fs::path& name) {
  const auto header = ReadPictureHeader(bytes, "file");
  if (!header) return LocalError(Code::kInvalidArgument, name, header.error().message);
  v1::Picture picture;
  picture.set_data(std::move(bytes));
  return picture;
}

Status CheckWritable(const fs::path& path, Overwrite overwrite) {
  return AsLocal(CheckOutputFile(path, overwrite));
}

Status WriteFile(const fs::path& path, std::string_view bytes, Overwrite overwrite) {
  return AsLocal(WriteOutputFile(path, bytes, overwrite));
}

Status WriteToStandardOutput(std::string_view bytes) {
  constexpr auto kName = "standard output";
  errno = 0;
  if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) {
    const std::string cause = errno == 0 ? "not all of it was written" : std::strerror(errno);
    return LocalError(Code::kInternal, kName, errno == EPIPE ? "its reader is gone" : cause);
  }
  return AsLocal(WriteToDescriptor(STDOUT_FILENO, bytes, kName));
}

}  // namespace atelier::client
