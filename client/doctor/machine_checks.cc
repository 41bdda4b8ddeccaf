#include "client/doctor/machine_checks.h"

#include <charconv>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <sstream>
#include <system_error>
#include <thread>

#include "system/cgroup_limits.h"
#include "system/listen_check.h"

namespace atelier::doctor {
namespace {

/// LibTorch, the default model four times over (server and three workers) and some room.
constexpr uint64_t kNeededKib = 1500ull << 10;

/// The verdict on one port.
Finding CheckPort(const std::string& address) {
  const Status can = CheckCanListen(address);
  if (can) return {Severity::kOk, "port", address + " is free"};
  if (can.error().reason == "ADDRESS_IN_USE") {
    return {Severity::kProblem, "port",
            address + " is taken by another program; end it or listen on another port"};
  }
  return {Severity::kProblem, "port", can.error().message};
}

}  // namespace

Finding CheckProcessor(const CgroupFiles& cgroup) {
  const int usable = UsableProcessors(cgroup);
  const int all = static_cast<int>(std::thread::hardware_concurrency());
  const std::string cores = usable < all
                                ? std::to_string(usable) + " of " + std::to_string(all) + " cores"
                                : std::to_string(usable) + " cores";
#if defined(__x86_64__)
  if (!__builtin_cpu_supports("avx2")) {
    return {Severity::kWarning, "processor",
            cores + " without AVX2: painting on the CPU takes several times as long"};
  }
  return {Severity::kOk, "processor",
          cores + (__builtin_cpu_supports("avx512f") ? ", AVX-512" : ", AVX2")};
#else
  return {Severity::kOk, "processor", cores};
#endif
}

Finding JudgeMemory(const std::string& meminfo, const CgroupLimits& limits) {
  std::istringstream lines(meminfo);
  std::string name, unit;
  uint64_t kib = 0;
  while (lines >> name >> kib) {
    std::getline(lines, unit);
    if (name != "MemAvailable:") continue;
    std::string text;
    if (limits.memory_left_bytes && *limits.memory_left_bytes >> 10 < kib) {
      kib = *limits.memory_left_bytes >> 10;
      text = " under the limit of the control group, " +
             std::to_string(limits.memory_bytes.value_or(0) >> 20) + " MiB";
    }
    text = std::to_string(kib >> 10) + " MiB of memory available" + text;
    if (kib >= kNeededKib) return {Severity::kOk, "memory", text};
    return {Severity::kWarning, "memory",
            text + "; the whole studio needs about " + std::to_string(kNeededKib >> 10) + " MiB"};
  }
  return {Severity::kWarning, "memory", "/proc/meminfo does not say how much memory is available"};
}

Finding CheckMemory() {
  std::ifstream file("/proc/meminfo");
  return JudgeMemory({std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()},
                     ReadCgroupLimits());
}

Findings CheckPorts(const std::string& address, int count) {
  const size_t colon = address.rfind(':');
  const std::string host = address.substr(0, colon);
  int first = -1;
  if (colon != std::string::npos && colon > 0) {
    const char* end = address.data() + address.size();
    const auto read = std::from_chars(address.data() + colon + 1, end, first);
    if (read.ec != std::errc() || read.ptr != end) first = -1;
  }
  if (first < 0 || first + count > 65536) {
    return {{Severity::kProblem, "port", address + " is no host:port with room for all ports"}};
  }
  if (first == 0) return {{Severity::kOk, "port", address + " takes free ones"}};
  Findings taken;
  for (int port = first; port < first + count; ++port) {
    Finding finding = CheckPort(host + ":" + std::to_string(port));
    if (finding.severity != Severity::kOk) taken.push_back(std::move(finding));
  }
  if (!taken.empty()) return taken;
  const std::string last = count > 1 ? " to " + std::to_string(first + count - 1) : "";
  return {{Severity::kOk, "port",
           host + ":" + std::to_string(first) + last + (count > 1 ? " are free" : " is free")}};
}

}  // namespace atelier::doctor
