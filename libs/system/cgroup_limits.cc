#include "system/cgroup_limits.h"

#include <sched.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

namespace atelier {
namespace {

namespace fs = std::filesystem;

/// Version 1 writes "no limit" as a number of about 2^63.
constexpr uint64_t kNoMemoryLimit = uint64_t{1} << 60;

/// The number that a file begins with; absent for "max", -1, and a file that is not there.
std::optional<uint64_t> ReadNumber(const fs::path& path) {
  std::ifstream file(path);
  int64_t number = 0;
  if (!(file >> number) || number < 0) return std::nullopt;
  return static_cast<uint64_t>(number);
}

/// The number after `key` in a file of "key number" lines; 0 when there is none.
uint64_t ReadEntry(const fs::path& path, const std::string& key) {
  std::ifstream file(path);
  std::string name;
  uint64_t number = 0;
  while (file >> name >> number) {
    if (name == key) return number;
  }
  return 0;
}

template <typename Number>
void Tighten(std::optional<Number>& limit, Number other) {
  limit = limit ? std::min(*limit, other) : other;
}

/// The names by which the two versions say the same.
struct MemoryNames {
  const char* limit;
  const char* used;
  const char* file_cache;
};
constexpr MemoryNames kVersion1{"memory.limit_in_bytes", "memory.usage_in_bytes",
                                "total_inactive_file"};
constexpr MemoryNames kVersion2{"memory.max", "memory.current", "inactive_file"};

void AddMemory(const fs::path& group, const MemoryNames& names, CgroupLimits& limits) {
  const auto limit = ReadNumber(group / names.limit);
  if (!limit || *limit >= kNoMemoryLimit) return;
  Tighten(limits.memory_bytes, *limit);
  const uint64_t used = ReadNumber(group / names.used).value_or(0);
  const uint64_t cache = std::min(used, ReadEntry(group / "memory.stat", names.file_cache));
  Tighten(limits.memory_left_bytes, *limit - std::min(*limit, used - cache));
}

void AddProcessors(double quota, double period, CgroupLimits& limits) {
  if (quota > 0 && period > 0) Tighten(limits.processors, quota / period);
}

void AddProcessors1(const fs::path& group, CgroupLimits& limits) {
  const auto quota = ReadNumber(group / "cpu.cfs_quota_us");
  const auto period = ReadNumber(group / "cpu.cfs_period_us");
  if (quota && period) {
    AddProcessors(static_cast<double>(*quota), static_cast<double>(*period), limits);
  }
}

void AddProcessors2(const fs::path& group, CgroupLimits& limits) {
  std::ifstream file(group / "cpu.max");
  double quota = 0, period = 0;
  // "max 100000" stops at the first word.
  if (file >> quota >> period) AddProcessors(quota, period, limits);
}

/// `root`/`path` and every folder above it up to `root`. In a container the path may be the host's,
/// which is not there: the container's own group then is the root.
std::vector<fs::path> Groups(const fs::path& root, const std::string& path) {
  std::vector<fs::path> groups{root};
  fs::path group = root;
  for (const fs::path& part : fs::path(path).relative_path()) {
    if (part.empty() || part == "..") continue;
    group /= part;
    groups.push_back(group);
  }
  return groups;
}

bool HasController(const std::string& controllers, const std::string& wanted) {
  return ("," + controllers + ",").find("," + wanted + ",") != std::string::npos;
}

/// A line of /proc/self/cgroup: "ID:CONTROLLERS:PATH"; without controllers it is version 2's.
void AddGroup(const std::string& line, const fs::path& root, CgroupLimits& limits) {
  const size_t first = line.find(':');
  const size_t second = first == std::string::npos ? first : line.find(':', first + 1);
  if (second == std::string::npos) return;
  const std::string controllers = line.substr(first + 1, second - first - 1);
  const std::string path = line.substr(second + 1);
  if (controllers.empty()) {
    for (const fs::path& group : Groups(root, path)) {
      AddProcessors2(group, limits);
      AddMemory(group, kVersion2, limits);
    }
  }
  if (HasController(controllers, "cpu")) {
    // The two that are mounted together have the name of both; one of them is a link.
    for (const char* mount : {"cpu", "cpu,cpuacct"}) {
      for (const fs::path& group : Groups(root / mount, path)) AddProcessors1(group, limits);
    }
  }
  if (HasController(controllers, "memory")) {
    for (const fs::path& group : Groups(root / "memory", path)) {
      AddMemory(group, kVersion1, limits);
    }
  }
}

int AffineProcessors() {
  cpu_set_t set;
  if (::sched_getaffinity(0, sizeof(set), &set) == 0) return std::max(1, CPU_COUNT(&set));
  // More processors than the set has room for.
  return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

}  // namespace

CgroupLimits ReadCgroupLimits(const CgroupFiles& files) {
  CgroupLimits limits;
  std::ifstream membership(files.membership);
  for (std::string line; std::getline(membership, line);) AddGroup(line, files.root, limits);
  return limits;
}

int UsableProcessors(const CgroupFiles& files) {
  const int affine = AffineProcessors();
  const std::optional<double> quota = ReadCgroupLimits(files).processors;
  if (!quota) return affine;
  return std::clamp(static_cast<int>(std::ceil(*quota)), 1, affine);
}

}  // namespace atelier
