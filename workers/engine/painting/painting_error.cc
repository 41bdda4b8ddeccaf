#include "engine/painting/painting_error.h"

#include <c10/util/Exception.h>

#include <new>
#include <string>

namespace atelier::engine {
namespace {

/// The CPU allocator reports through a plain c10::Error.
bool IsOutOfMemory(const std::exception& error) {
  const std::string message = error.what();
  return dynamic_cast<const c10::OutOfMemoryError*>(&error) != nullptr ||
         dynamic_cast<const std::bad_alloc*>(&error) != nullptr ||
         message.find("can't allocate memory") != std::string::npos ||
         message.find("out of memory") != std::string::npos;
}

}  // namespace

Unexpected PaintingError(const std::exception& error, size_t pictures) {
  if (IsOutOfMemory(error)) {
    return MakeError(
        Code::kResourceExhausted, "OUT_OF_DEVICE_MEMORY",
        "the device's memory does not hold " + std::to_string(pictures) + " pictures at once");
  }
  return MakeError(Code::kInternal, "PAINT_FAILED", error.what());
}

}  // namespace atelier::engine
