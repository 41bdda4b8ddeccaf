// DurationEstimate: how long jobs run, from those that ran. Thread-safe.
#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

namespace atelier::server {

class DurationEstimate {
 public:
  /// A job of `batch_key` ran `seconds` from its lease to its success.
  void Ran(const std::string& batch_key, double seconds);
  /// What the next one may take: the running mean of its key, else of all; nothing before the
  /// first.
  std::optional<double> Seconds(const std::string& batch_key) const;

 private:
  mutable std::mutex mutex_;
  // Guarded by mutex_:
  std::unordered_map<std::string, double> means_;
  std::optional<double> mean_of_all_;
};

}  // namespace atelier::server
