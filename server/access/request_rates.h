// RequestRates: how many calls a second each tenant may make.
//
// Each tenant has a bucket that fills at the rate and holds what ten seconds give; a call takes one
// out. A full bucket is the same as none, so that the buckets are as many as there were tenants in
// the last ten seconds, and never more than kMaxBuckets: further tenants share one. Thread-safe.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/clock.h"
#include "base/mutex.h"
#include "base/result.h"

namespace atelier::server {

class RequestRates {
 public:
  static constexpr size_t kMaxBuckets = 10'000;

  /// 0 calls a second: any number. `clock` must outlive it.
  RequestRates(double per_second, const Clock& clock);

  /// A call of `tenant`. RESOURCE_EXHAUSTED / TENANT_RATE_LIMIT when it comes too soon; the message
  /// says when to come again.
  Status Take(std::string_view tenant) const;

 private:
  struct Bucket {
    double calls = 0;
    Clock::Monotonic filled;
  };

  // Removes the buckets that are full by now.
  void RemoveFull(Clock::Monotonic now) const REQUIRES(mutex_);
  double Filled(const Bucket& bucket, Clock::Monotonic now) const;

  const double per_second_;
  const double burst_;
  const Clock& clock_;
  mutable Mutex mutex_;
  mutable std::unordered_map<std::string, Bucket> buckets_ GUARDED_BY(mutex_);
};

}  // namespace atelier::server
