// FileDescriptor: owns an open file descriptor and closes it at the end of its scope. Not
// thread-safe.
#pragma once

#include <unistd.h>

#include <utility>

namespace atelier {

class FileDescriptor {
 public:
  /// Takes over `descriptor`, as open(2) and socket(2) return it: below 0 is none.
  explicit FileDescriptor(int descriptor = -1) : descriptor_(descriptor) {}
  FileDescriptor(FileDescriptor&& other) noexcept : descriptor_(other.Release()) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept {
    if (this != &other) {
      Close();
      descriptor_ = other.Release();
    }
    return *this;
  }
  ~FileDescriptor() { Close(); }

  bool is_open() const { return descriptor_ >= 0; }
  int get() const { return descriptor_; }

  /// Closes it now. False, with errno set, when the system reports that written bytes were lost.
  /// True when there is none.
  bool Close() { return !is_open() || ::close(Release()) == 0; }

  /// Hands the descriptor to the caller, who closes it.
  int Release() { return std::exchange(descriptor_, -1); }

 private:
  int descriptor_;
};

}  // namespace atelier
