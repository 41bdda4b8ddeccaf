#include "engine/cuda/device_memory.h"

#include <ATen/Context.h>
#include <c10/core/CachingDeviceAllocator.h>
#include <c10/core/Device.h>

#include <algorithm>
#include <exception>

namespace atelier::engine {

// Seam: LibTorch throws on a name that is no device and when the driver fails.
std::optional<DeviceMemory> ReadDeviceMemory(const std::string& device) {
  try {
    const at::Device parsed(device);
    if (!parsed.is_cuda() || !at::hasCUDA()) return std::nullopt;
    const auto index = std::max<at::DeviceIndex>(parsed.index(), 0);
    const auto [free, size] = at::getDeviceAllocator(at::kCUDA)->getMemoryInfo(index);
    return DeviceMemory{"cuda:" + std::to_string(index), static_cast<int64_t>(size - free),
                        static_cast<int64_t>(size)};
  } catch (const std::exception&) {
    return std::nullopt;
  }
}

}  // namespace atelier::engine
