#include "server/jobs/duration_estimate.h"

namespace atelier::server {
namespace {

// Of the newest run in the mean: five runs later the first one counts for a third.
constexpr double kNewestWeight = 0.2;
// Keys come from clients' sizes and steps; beyond this many the means start anew.
constexpr size_t kMaxKeys = 1000;

}  // namespace

void DurationEstimate::Ran(const std::string& batch_key, double seconds) {
  const std::lock_guard lock(mutex_);
  if (means_.size() >= kMaxKeys) means_.clear();
  const auto [mean, first] = means_.try_emplace(batch_key, seconds);
  if (!first) mean->second += kNewestWeight * (seconds - mean->second);
  if (!mean_of_all_) mean_of_all_ = seconds;
  *mean_of_all_ += kNewestWeight * (seconds - *mean_of_all_);
}

std::optional<double> DurationEstimate::Seconds(const std::string& batch_key) const {
  const std::lock_guard lock(mutex_);
  const auto mean = means_.find(batch_key);
  return mean == means_.end() ? mean_of_all_ : mean->second;
}

}  // namespace atelier::server
