// RequestRates: how many calls a second each tenant may make.
//
// Each tenant has a bucket that fills at its rate and holds what ten seconds give; a call takes one
// out. A full bucket is the same as none, so that the buckets are as many as there were tenants in
// the last ten seconds, and never more than kMaxBuckets: further tenants without limits of their
// own share one. Thread-safe.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/clock.h"
#include "base/mutex.h"
#include "base/result.h"
#include "server/store/tenant_limits.h"

namespace atelier::server {

class RequestRates {
 public:
  static constexpr size_t kMaxBuckets = 10'000;

  /// Of TenantLimits::calls_per_second. `clock` must outlive it.
  RequestRates(TenantLimitTable limits, const Clock& clock);

  /// A call of `tenant`: 0 when it may go on, else it came too soon and may come again after that
  /// time.
  std::chrono::milliseconds Take(std::string_view tenant) const;

 private:
  struct Bucket {
    double calls = 0;
    Clock::Monotonic filled;
  };

  // Removes the buckets that are full by now.
  void RemoveFull(Clock::Monotonic now) const REQUIRES(mutex_);
  // The calls in `tenant`'s bucket by now.
  double Filled(std::string_view tenant, const Bucket& bucket, Clock::Monotonic now) const;
  double PerSecond(std::string_view tenant) const { return limits_.Of(tenant).calls_per_second; }

  const TenantLimitTable limits_;
  const Clock& clock_;
  mutable Mutex mutex_;
  mutable std::unordered_map<std::string, Bucket> buckets_ GUARDED_BY(mutex_);
};

/// What a call that came too soon is refused with: RESOURCE_EXHAUSTED / TENANT_RATE_LIMIT.
Error TooManyCalls(std::string_view tenant, std::chrono::milliseconds wait);

}  // namespace atelier::server
