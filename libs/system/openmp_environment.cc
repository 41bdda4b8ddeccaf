#include "system/openmp_environment.h"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <system_error>

#include "system/cgroup_limits.h"

namespace atelier {

void SettleOpenMp(char** argv) {
  constexpr char kPolicy[] = "OMP_WAIT_POLICY";
  if (std::getenv(kPolicy) != nullptr) return;
  // By its own name: as /proc/self/exe it would be shown as "exe".
  std::error_code error;
  const std::string program = std::filesystem::read_symlink("/proc/self/exe", error).string();
  if (error || ::setenv(kPolicy, "passive", 0) != 0) return;
  for (const char* capacity : {"ONEDNN_PRIMITIVE_CACHE_CAPACITY", "LRU_CACHE_CAPACITY"}) {
    ::setenv(capacity, "512", 0);
  }
  if (ReadCgroupLimits().processors) {
    ::setenv("OMP_NUM_THREADS", std::to_string(UsableProcessors()).c_str(), 0);
  }
  // Returns only where it failed: the program goes on as it is, slower beside others.
  ::execv(program.c_str(), argv);
}

}  // namespace atelier
