// What this process takes of its machine, as the kernel counts it (/proc/self).
#pragma once

#include <cstdint>

namespace atelier::telemetry {

/// What cannot be read is 0.
struct ProcessUsage {
  int64_t resident_bytes = 0;
  int64_t virtual_bytes = 0;
  /// User and system time of all threads.
  double cpu_seconds = 0;
  int64_t open_files = 0;
  /// The most files it may open.
  int64_t max_files = 0;
  /// Unix time.
  double start_time_seconds = 0;
};

ProcessUsage ReadProcessUsage();

}  // namespace atelier::telemetry
