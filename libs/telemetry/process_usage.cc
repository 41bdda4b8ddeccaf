#include "telemetry/process_usage.h"

#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <system_error>

namespace atelier::telemetry {
namespace {

// Seconds since 1970 at which the machine started, which the kernel counts processes' starts from.
double BootTimeSeconds() {
  std::ifstream file("/proc/stat");
  double seconds = 0;
  for (std::string word; file >> word;) {
    if (word == "btime" && file >> seconds) return seconds;
  }
  return 0;
}

int64_t CountOpenFiles() {
  std::error_code error;
  std::filesystem::directory_iterator entry("/proc/self/fd", error);
  int64_t count = 0;
  for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) ++count;
  // One of them is the folder that was just read.
  return count > 0 ? count - 1 : 0;
}

}  // namespace

// The fields are numbered in proc(5), from 1.
ProcessUsage ReadProcessUsage() {
  ProcessUsage usage;
  std::ifstream file("/proc/self/stat");
  std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  // The second field is the program's name in brackets and may hold anything.
  const size_t name_end = text.rfind(')');
  if (name_end == std::string::npos) return usage;
  std::istringstream fields(text.substr(name_end + 1));
  const auto ticks_per_second = static_cast<double>(sysconf(_SC_CLK_TCK));
  std::string state;
  fields >> state;
  int64_t value = 0;
  for (int number = 4; number <= 24 && fields >> value; ++number) {
    const double seconds = static_cast<double>(value) / ticks_per_second;
    if (number == 14 || number == 15) usage.cpu_seconds += seconds;
    if (number == 22) usage.start_time_seconds = BootTimeSeconds() + seconds;
    if (number == 23) usage.virtual_bytes = value;
    if (number == 24) usage.resident_bytes = value * sysconf(_SC_PAGESIZE);
  }
  usage.open_files = CountOpenFiles();
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) usage.max_files = static_cast<int64_t>(limit.rlim_cur);
  return usage;
}

}  // namespace atelier::telemetry
