// TenantLimits: what one tenant may have, the one list of such limits; and TenantLimitTable: which
// tenant has which.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace atelier::server {

/// 0 everywhere: any number.
struct TenantLimits {
  /// Jobs that may wait. Lower it so that one tenant cannot fill the queue for the others.
  int64_t queued = 0;
  /// Jobs that may run at once. Lower it so that one tenant leaves workers to the others.
  int64_t running = 0;
  /// Sum of JobRecord::step_pixels of queued and running jobs.
  int64_t step_pixels = 0;
  /// Bytes of stored pictures beyond which the tenant's own are refused.
  int64_t stored_bytes = 0;
  /// Calls a second, see RequestRates.
  double calls_per_second = 0;

  bool operator==(const TenantLimits&) const = default;
};

/// Does not change once it is made.
class TenantLimitTable {
 public:
  using Named = std::map<std::string, TenantLimits, std::less<>>;

  /// `general` is for every tenant that has none of its own in `named`.
  TenantLimitTable(TenantLimits general = {}, Named named = {})
      : general_(general), named_(std::move(named)) {}

  const TenantLimits& Of(std::string_view tenant) const {
    const auto found = named_.find(tenant);
    return found == named_.end() ? general_ : found->second;
  }
  /// Whether the tenant has limits of its own.
  bool IsNamed(std::string_view tenant) const { return named_.find(tenant) != named_.end(); }
  /// Whether there is a tenant whose running jobs are limited.
  bool LimitsRunning() const {
    return general_.running > 0 || std::any_of(named_.begin(), named_.end(), [](const auto& each) {
             return each.second.running > 0;
           });
  }

 private:
  TenantLimits general_;
  Named named_;
};

}  // namespace atelier::server
