#include "server/storage/data_lock.h"

#include <fcntl.h>
#include <sys/file.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <system_error>

namespace atelier::server {

Result<std::unique_ptr<DataLock>> DataLock::Take(const std::filesystem::path& data) {
  std::error_code error;
  std::filesystem::create_directories(data, error);
  const std::filesystem::path path = data / "lock";
  FileDescriptor file(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
  if (!file.is_open()) {
    return MakeError(Code::kFailedPrecondition, "DATA_UNUSABLE",
                     "cannot open " + path.string() + ": " + std::strerror(errno));
  }
  if (flock(file.get(), LOCK_EX | LOCK_NB) == 0) {
    return std::unique_ptr<DataLock>(new DataLock(std::move(file)));
  }
  if (errno != EWOULDBLOCK) {
    return MakeError(Code::kFailedPrecondition, "DATA_UNUSABLE",
                     "cannot lock " + path.string() + ": " + std::strerror(errno));
  }
  return MakeError(Code::kFailedPrecondition, "DATA_IN_USE",
                   "another atelier-server uses the data folder " + data.string() +
                       ": one server may use it at a time");
}

}  // namespace atelier::server
