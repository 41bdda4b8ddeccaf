// BoundedLabel: the values of one label, few enough for whoever stores the time series.
//
// The first values get their own; once there are as many as allowed, every new one is "other".
// Thread-safe.
#pragma once

#include <cstddef>
#include <string>
#include <unordered_set>

#include "base/mutex.h"

namespace atelier::telemetry {

inline constexpr char kOtherLabel[] = "other";

class BoundedLabel {
 public:
  explicit BoundedLabel(size_t max_values) : max_values_(max_values) {}

  /// `value`, or "other" when there are too many and it is none of them.
  std::string Of(const std::string& value) {
    const MutexLock lock(mutex_);
    if (values_.contains(value)) return value;
    if (values_.size() >= max_values_) return kOtherLabel;
    values_.insert(value);
    return value;
  }

 private:
  const size_t max_values_;
  Mutex mutex_;
  std::unordered_set<std::string> values_ GUARDED_BY(mutex_);
};

}  // namespace atelier::telemetry
