#include "client/cli/display/times.h"

#include <algorithm>
#include <cstdio>
#include <ctime>

namespace atelier::cli {
namespace {

std::string Formatted(std::time_t time, const char* format) {
  std::tm local{};
  char text[64] = "";
  if (::localtime_r(&time, &local) != nullptr) std::strftime(text, sizeof(text), format, &local);
  return text;
}

template <typename... Values>
std::string Print(const char* format, Values... values) {
  char text[64];
  std::snprintf(text, sizeof(text), format, values...);
  return text;
}

}  // namespace

double SecondsOf(const google::protobuf::Timestamp& time) {
  return static_cast<double>(time.seconds()) + time.nanos() * 1e-9;
}

std::string LocalTime(const google::protobuf::Timestamp& time) {
  return Formatted(time.seconds(), "%Y-%m-%d %H:%M:%S");
}

std::string ZoneName() { return Formatted(std::time(nullptr), "%Z"); }

std::string DurationText(double seconds) {
  seconds = std::max(seconds, 0.0);
  if (seconds < 9.95) return Print("%.1f s", seconds);
  const auto whole = static_cast<long long>(seconds + 0.5);
  if (whole < 60) return Print("%lld s", whole);
  if (whole < 3600) return Print("%lld min %02lld s", whole / 60, whole % 60);
  if (whole < 86400) return Print("%lld h %02lld min", whole / 3600, whole % 3600 / 60);
  return Print("%lld d %02lld h", whole / 86400, whole % 86400 / 3600);
}

std::string BytesText(double bytes) {
  if (bytes < 1024) return Print("%.0f bytes", bytes);
  const char* unit = "KiB";
  for (const char* next : {"MiB", "GiB", "TiB"}) {
    if (bytes < 1024 * 1024) break;
    bytes /= 1024;
    unit = next;
  }
  return Print("%.1f %s", bytes / 1024, unit);
}

}  // namespace atelier::cli
