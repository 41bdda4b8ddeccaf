#include "server/access/request_rates.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>

namespace atelier::server {
namespace {

constexpr double kBurstSeconds = 10;
// Of the tenants beyond kMaxBuckets; no tenant has this name.
constexpr char kRest[] = "";

}  // namespace

RequestRates::RequestRates(double per_second, const Clock& clock)
    : per_second_(per_second), burst_(std::max(1.0, per_second * kBurstSeconds)), clock_(clock) {}

Status RequestRates::Take(std::string_view tenant) const {
  if (per_second_ <= 0) return {};
  const Clock::Monotonic now = clock_.NowMonotonic();
  std::string name(tenant);
  const MutexLock lock(mutex_);
  if (!buckets_.contains(name) && buckets_.size() >= kMaxBuckets) {
    RemoveFull(now);
    if (buckets_.size() >= kMaxBuckets) name = kRest;
  }
  Bucket& bucket = buckets_.try_emplace(name, Bucket{burst_, now}).first->second;
  bucket = {Filled(bucket, now), now};
  if (bucket.calls >= 1) {
    bucket.calls -= 1;
    return {};
  }
  const auto wait_ms = static_cast<int64_t>(std::ceil((1 - bucket.calls) / per_second_ * 1000));
  return MakeError(Code::kResourceExhausted, "TENANT_RATE_LIMIT",
                   "tenant " + std::string(tenant) + " makes too many calls: come again in " +
                       std::to_string(wait_ms) + " ms");
}

double RequestRates::Filled(const Bucket& bucket, Clock::Monotonic now) const {
  const double seconds = std::chrono::duration<double>(now - bucket.filled).count();
  return std::min(burst_, bucket.calls + seconds * per_second_);
}

void RequestRates::RemoveFull(Clock::Monotonic now) const {
  std::erase_if(buckets_, [&](const auto& entry) { return Filled(entry.second, now) >= burst_; });
}

}  // namespace atelier::server
