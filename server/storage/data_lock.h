// DataLock: one server per data folder, held with flock(2) on DATA/lock. The kernel lets go of it
// when the process ends, however it ends.
#pragma once

#include <filesystem>
#include <memory>
#include <utility>

#include "base/result.h"
#include "system/file_descriptor.h"

namespace atelier::server {

class DataLock {
 public:
  /// Makes the folder when it is not there. FAILED_PRECONDITION / DATA_IN_USE when another server
  /// holds it.
  static Result<std::unique_ptr<DataLock>> Take(const std::filesystem::path& data);

 private:
  explicit DataLock(FileDescriptor file) : file_(std::move(file)) {}

  const FileDescriptor file_;
};

}  // namespace atelier::server
