// MappedFile: a whole file mapped into memory. Every weight reader works on one.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <string_view>

#include "base/result.h"

namespace atelier::engine {

/// Immutable but for its bytes, which are private to this process: a caller's in-place change
/// neither faults nor reaches the file. Thread-safe as long as nobody writes.
class MappedFile {
 public:
  /// NOT_FOUND when there is no such file, DATA_LOSS when it is no regular file.
  static Result<std::shared_ptr<MappedFile>> Open(const std::filesystem::path& path);
  /// Owns `size` mapped bytes.
  MappedFile(char* data, size_t size);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  /// Page-aligned; nullptr when the file is empty.
  char* data() const { return data_; }
  size_t size() const { return size_; }
  std::string_view bytes() const { return {data_, size_}; }

  /// Gives the memory of `size` bytes from `begin` back to the system when they lie in a mapped
  /// file, which is read again when they are; nothing happens to other memory. What was written
  /// there is lost.
  static void Release(const void* begin, size_t size);

 private:
  char* data_;
  size_t size_;
};

}  // namespace atelier::engine
