#include "runtime/device_share.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace atelier::runtime {

void DeviceShare::Add(std::shared_ptr<Lease> lease) {
  const v1::JobSpec& spec = lease->job().spec();
  const int pictures = spec.has_synthesis() ? spec.synthesis().image_count() : 1;
  jobs_.push_back({std::move(lease), static_cast<double>(std::max(1, pictures)), false});
}

void DeviceShare::OnDevice(bool has) {
  Settle();
  since_.reset();
  if (has) since_ = clock_.NowMonotonic();
}

void DeviceShare::Settle() {
  if (!since_) return;
  const Clock::Monotonic now = clock_.NowMonotonic();
  const double seconds = std::chrono::duration<double>(now - *since_).count();
  since_ = now;
  double pictures = 0;
  for (const Job& job : jobs_) pictures += job.ended ? 0 : job.pictures;
  for (const Job& job : jobs_) {
    if (!job.ended) job.lease->AddDeviceSeconds(seconds * job.pictures / pictures);
  }
}

void DeviceShare::End(size_t job) {
  Settle();
  jobs_[job].ended = true;
}

}  // namespace atelier::runtime
