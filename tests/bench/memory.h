// This process's resident memory, from /proc/self/status.
#pragma once

#include <cstdint>

namespace atelier::bench {

/// Bytes now.
int64_t ResidentBytes();
/// The most since the start or the last ResetPeak().
int64_t PeakResidentBytes();
void ResetPeak();

}  // namespace atelier::bench
