#include "server/tenant_limits_setting.h"

#include <charconv>
#include <cmath>
#include <optional>
#include <set>
#include <sstream>
#include <string>

#include "server/access/caller.h"

namespace atelier::server {
namespace {

constexpr int64_t kMiB = 1 << 20;
// Beyond it a sum of limits might not fit into 64 bits.
constexpr double kMostMillions = 1e9;

/// Numbers as the settings say them.
struct Numbers {
  double max_queue = 0;
  double max_running = 0;
  double max_cost = 0;
  double storage_mib = 0;
  double max_requests_per_second = 0;

  /// Null for a word that is no limit.
  double* Find(const std::string& word) {
    if (word == "max_queue") return &max_queue;
    if (word == "max_running") return &max_running;
    if (word == "max_cost") return &max_cost;
    if (word == "storage_mib") return &storage_mib;
    if (word == "max_requests_per_second") return &max_requests_per_second;
    return nullptr;
  }
  TenantLimits ToLimits() const {
    return {.queued = std::llround(max_queue),
            .running = std::llround(max_running),
            .step_pixels = StepPixelsOf(max_cost),
            .stored_bytes = std::llround(storage_mib) * kMiB,
            .calls_per_second = max_requests_per_second};
  }
};

std::optional<double> ParseNumber(const std::string& text) {
  double number = 0;
  const char* end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, number);
  const bool whole = read.ec == std::errc() && read.ptr == end;
  if (!whole || !std::isfinite(number) || number < 0 || number > kMostMillions) return std::nullopt;
  return number;
}

// Sets what "WORD=NUMBER" says; false when it is nothing of the kind.
bool Set(const std::string& limit, std::set<std::string>& seen, Numbers& numbers) {
  const size_t equals = limit.find('=');
  if (equals == std::string::npos) return false;
  const std::string word = limit.substr(0, equals);
  double* const number = numbers.Find(word);
  const std::optional<double> value = ParseNumber(limit.substr(equals + 1));
  if (number == nullptr || !value || !seen.insert(word).second) return false;
  *number = *value;
  return true;
}

Unexpected Wrong(const std::string& entry) {
  return InvalidField("tenant_limits",
                      "a tenant, once, and WORD=NUMBER of max_queue, max_running, max_cost, "
                      "storage_mib or max_requests_per_second, parted by spaces, each once",
                      entry);
}

}  // namespace

int64_t StepPixelsOf(double millions) { return std::llround(millions * 1e6); }

Result<TenantLimitTable> TenantLimitsOf(const config::v1::ServerConfig& config) {
  Numbers general;
  general.max_queue = config.max_queue_per_tenant();
  general.max_running = config.max_running_per_tenant();
  general.max_cost = config.max_cost_per_tenant();
  general.storage_mib = config.storage_mib_per_tenant();
  general.max_requests_per_second = config.max_requests_per_second_per_tenant();
  TenantLimitTable::Named named;
  for (const std::string& entry : config.tenant_limits()) {
    std::istringstream words(entry);
    std::string tenant;
    words >> tenant;
    Numbers numbers = general;
    std::set<std::string> seen;
    for (std::string limit; words >> limit;) {
      if (!Set(limit, seen, numbers)) return Wrong(entry);
    }
    if (!IsTenantName(tenant) || seen.empty()) return Wrong(entry);
    if (!named.emplace(tenant, numbers.ToLimits()).second) return Wrong(entry);
  }
  return TenantLimitTable(general.ToLimits(), std::move(named));
}

}  // namespace atelier::server
