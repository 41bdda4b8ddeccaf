#include "server/access/request_rates.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <utility>

namespace atelier::server {
namespace {

constexpr double kBurstSeconds = 10;
// Of the tenants beyond kMaxBuckets; no tenant has this name.
constexpr char kRest[] = "";

double Burst(double per_second) { return std::max(1.0, per_second * kBurstSeconds); }

}  // namespace

RequestRates::RequestRates(TenantLimitTable limits, const Clock& clock)
    : limits_(std::move(limits)), clock_(clock) {}

std::chrono::milliseconds RequestRates::Take(std::string_view tenant) const {
  constexpr std::chrono::milliseconds kNow(0);
  const double per_second = PerSecond(tenant);
  if (per_second <= 0) return kNow;
  const Clock::Monotonic now = clock_.NowMonotonic();
  std::string name(tenant);
  const MutexLock lock(mutex_);
  const bool is_new = !limits_.IsNamed(tenant) && !buckets_.contains(name);
  if (is_new && buckets_.size() >= kMaxBuckets) {
    RemoveFull(now);
    if (buckets_.size() >= kMaxBuckets) name = kRest;
  }
  Bucket& bucket = buckets_.try_emplace(name, Bucket{Burst(per_second), now}).first->second;
  bucket = {Filled(name, bucket, now), now};
  if (bucket.calls >= 1) {
    bucket.calls -= 1;
    return kNow;
  }
  const double wait_ms = std::ceil((1 - bucket.calls) / per_second * 1000);
  return std::chrono::milliseconds(std::max<int64_t>(1, static_cast<int64_t>(wait_ms)));
}

double RequestRates::Filled(std::string_view tenant, const Bucket& bucket,
                            Clock::Monotonic now) const {
  const double per_second = PerSecond(tenant);
  const double seconds = std::chrono::duration<double>(now - bucket.filled).count();
  return std::min(Burst(per_second), bucket.calls + seconds * per_second);
}

void RequestRates::RemoveFull(Clock::Monotonic now) const {
  std::erase_if(buckets_, [&](const auto& entry) {
    const auto& [tenant, bucket] = entry;
    return Filled(tenant, bucket, now) >= Burst(PerSecond(tenant));
  });
}

Error TooManyCalls(std::string_view tenant, std::chrono::milliseconds wait) {
  return {Code::kResourceExhausted, "TENANT_RATE_LIMIT",
          "tenant " + std::string(tenant) + " makes too many calls: come again in " +
              std::to_string(wait.count()) + " ms",
          ""};
}

}  // namespace atelier::server
