#include "engine/weights/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <map>
#include <mutex>
#include <string>

#include "system/file_descriptor.h"

namespace atelier::engine {
namespace {

/// Where files are mapped, begin -> size, so that Release() never touches other memory.
struct MappedRanges {
  std::mutex mutex;
  std::map<uintptr_t, size_t> sizes;
};

MappedRanges& Ranges() {
  static MappedRanges ranges;
  return ranges;
}

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
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.is_open()) return SystemError("cannot be opened");
  return Map(file.get());
}

MappedFile::MappedFile(char* data, size_t size) : data_(data), size_(size) {
  if (data_ == nullptr) return;
  MappedRanges& ranges = Ranges();
  const std::lock_guard lock(ranges.mutex);
  ranges.sizes[reinterpret_cast<uintptr_t>(data_)] = size_;
}

MappedFile::~MappedFile() {
  if (data_ == nullptr) return;
  MappedRanges& ranges = Ranges();
  const std::lock_guard lock(ranges.mutex);
  ranges.sizes.erase(reinterpret_cast<uintptr_t>(data_));
  ::munmap(data_, size_);
}

void MappedFile::Release(const void* begin, size_t size) {
  const auto first = reinterpret_cast<uintptr_t>(begin);
  MappedRanges& ranges = Ranges();
  const std::lock_guard lock(ranges.mutex);
  auto range = ranges.sizes.upper_bound(first);
  if (range == ranges.sizes.begin()) return;
  --range;
  if (first + size > range->first + range->second) return;
  // Whole pages: what they hold beside the bytes asked for is read again, too. A refusal costs
  // memory alone.
  const auto page = static_cast<uintptr_t>(::sysconf(_SC_PAGESIZE));
  const uintptr_t from = first / page * page;
  ::madvise(reinterpret_cast<void*>(from), first + size - from, MADV_DONTNEED);
}

}  // namespace atelier::engine
