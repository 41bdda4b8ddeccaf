#include "bench/memory.h"

#include <fstream>
#include <string>

namespace atelier::bench {
namespace {

int64_t StatusBytes(const std::string& key) {
  std::ifstream status("/proc/self/status");
  std::string word;
  while (status >> word) {
    if (word != key) continue;
    int64_t kibibytes = 0;
    status >> kibibytes;
    return kibibytes * 1024;
  }
  return 0;
}

}  // namespace

int64_t ResidentBytes() { return StatusBytes("VmRSS:"); }

int64_t PeakResidentBytes() { return StatusBytes("VmHWM:"); }

void ResetPeak() { std::ofstream("/proc/self/clear_refs") << "5"; }

}  // namespace atelier::bench
