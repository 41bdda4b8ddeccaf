// Memory of the device that models are on. No LibTorch in this header.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace atelier::engine {

struct DeviceMemory {
  /// "cuda:0".
  std::string device;
  /// By whichever process.
  int64_t used_bytes = 0;
  int64_t size_bytes = 0;
};

/// Of a PainterOptions::device. Nothing for "cpu", for a name that is no device, and for a device
/// that is not there or does not answer. Thread-safe.
std::optional<DeviceMemory> ReadDeviceMemory(const std::string& device);

}  // namespace atelier::engine
