// DeviceShare: how long each job of a batch had the device, for its tenant's bill.
//
// While a batch paints, its jobs that have not ended share the time by their pictures. One thread
// at a time.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "runtime/lease.h"

namespace atelier::runtime {

class DeviceShare {
 public:
  /// `clock` must outlive it.
  explicit DeviceShare(const Clock& clock) : clock_(clock) {}

  void Add(std::shared_ptr<Lease> lease);
  /// BatchEvents::OnDevice.
  void OnDevice(bool has);
  /// Brings the leases' device_seconds() up to now.
  void Settle();
  /// The `job`-th that was added takes no more part.
  void End(size_t job);

 private:
  struct Job {
    std::shared_ptr<Lease> lease;
    double pictures = 1;
    bool ended = false;
  };

  const Clock& clock_;
  std::vector<Job> jobs_;
  std::optional<Clock::Monotonic> since_;  // While the batch has the device.
};

}  // namespace atelier::runtime
