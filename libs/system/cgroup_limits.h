// What a process may use of its machine: processors and memory, as its affinity and its control
// group (version 1 or 2) say. A container shows the host's numbers everywhere else.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

namespace atelier {

/// Where the kernel tells of control groups; tests lay out their own.
struct CgroupFiles {
  std::filesystem::path membership = "/proc/self/cgroup";
  std::filesystem::path root = "/sys/fs/cgroup";
};

struct CgroupLimits {
  /// Processors' worth of time, e.g. 1.5; absent: no limit.
  std::optional<double> processors;
  /// Of the group, or of one that it lies in, that leaves least; absent: no limit.
  std::optional<uint64_t> memory_bytes;
  /// What is left of it, counting what the kernel would give back of its file cache.
  std::optional<uint64_t> memory_left_bytes;
};

/// The tightest limits of this process' group and of those that it lies in. Files that are not
/// there limit nothing.
CgroupLimits ReadCgroupLimits(const CgroupFiles& files = {});

/// Threads that can run at once in this process: its affinity, and the processors of its control
/// group rounded up; 1 or more.
int UsableProcessors(const CgroupFiles& files = {});

}  // namespace atelier
