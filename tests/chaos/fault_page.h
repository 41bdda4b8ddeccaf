// FaultPage: the page of memory through which a test makes faults in processes that run under the
// fault shim (fault_shim.cc). The test maps the file that ATELIER_FAULT_PAGE names and writes, the
// shim in each process maps it and reads; both sides see a change at once.
#pragma once

#include <atomic>
#include <cstdint>

namespace atelier::chaos {

inline constexpr char kFaultPageVariable[] = "ATELIER_FAULT_PAGE";

struct FaultPage {
  /// Added to what the wall clock says, in seconds.
  std::atomic<int64_t> wall_offset_seconds;
  /// Writes to files whose path contains `pattern` go through the disk below.
  std::atomic<int32_t> disk_limited;
  /// fsync of such a file fails with ENOSPC, as on a disk that finds out late.
  std::atomic<int32_t> syncs_fail;
  /// Bytes that still fit. A write beyond them is cut short or fails with ENOSPC.
  std::atomic<int64_t> room_bytes;
  /// After so many more writes, syncs, truncations and renames of such files one fails with
  /// `refusal`, an errno; below 0: none does.
  std::atomic<int64_t> calls_until_refusal;
  std::atomic<int32_t> refusal;
  /// Nothing can be made or opened for writing but below paths that contain `pattern`: EROFS, as in
  /// a container with a read-only root.
  std::atomic<int32_t> root_read_only;
  /// Calls that failed or were cut short.
  std::atomic<int64_t> refused_calls;
  /// Set before disk_limited or root_read_only, never while one is set.
  char pattern[256];
};

static_assert(std::atomic<int64_t>::is_always_lock_free, "shared between processes");

}  // namespace atelier::chaos
