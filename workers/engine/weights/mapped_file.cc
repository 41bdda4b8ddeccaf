#include "engine/weights/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

namespace atelier::engine {
namespace {

Unexpected SystemError(const char* what) {
  const int number = errno;
  return MakeError(number == ENOENT ? Code::kNotFound : Code::kInternal, "FILE",
                   std::string(what) + ": " + std::strerror(number));
}

Result<std::shared_ptr<MappedFile>> Map(int descriptor) {
  struct stat info = {};
  if (::fstat(descriptor, &info) != 0) return SystemError("cannot be read");
  if (!S_ISREG(info.st_mode)) return MakeError(Code::kDataLoss, "FILE", "is not a file");
  const size_t size = static_cast<size_t>(info.st_size);
  // No memory can be mapped over nothing.
  if (size == 0) return std::make_shared<MappedFile>(nullptr, 0);
  void* data = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE, descriptor, 0);
  if (data == MAP_FAILED) return SystemError("cannot be mapped");
  return std::make_shared<MappedFile>(static_cast<char*>(data), size);
}

}  // namespace

Result<std::shared_ptr<MappedFile>> MappedFile::Open(const std::filesystem::path& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return SystemError("cannot be opened");
  auto mapped = Map(descriptor);
  ::close(descriptor);
  return mapped;
}

MappedFile::~MappedFile() {
  if (data_ != nullptr) ::munmap(data_, size_);
}

}  // namespace atelier::engine
