// ServerGauges: what a scrape of the server measures and nobody counts: the queue by model, the
// workers, what tenants used, the disk. Thread-safe.
#pragma once

#include <set>
#include <string>

#include "base/mutex.h"
#include "server/dispatch/worker_registry.h"
#include "server/jobs/job_queue.h"
#include "telemetry/metrics.h"

namespace atelier::server {

class ServerGauges {
 public:
  /// `data` is the data folder. References must outlive it.
  ServerGauges(JobQueue& queue, WorkerRegistry& workers, std::string data,
               telemetry::Metrics& metrics)
      : queue_(queue), workers_(workers), data_(std::move(data)), metrics_(metrics) {}

  /// Sets the gauges of `metrics`. What cannot be read keeps its last value and is logged.
  void Refresh();

 private:
  void RefreshQueue();
  void RefreshTenants();
  void RefreshDisk();

  JobQueue& queue_;
  WorkerRegistry& workers_;
  const std::string data_;
  telemetry::Metrics& metrics_;
  Mutex mutex_;
  std::set<std::string> labels_ GUARDED_BY(mutex_);   // Models with a row.
  std::set<std::string> tenants_ GUARDED_BY(mutex_);  // Tenants with one.
};

}  // namespace atelier::server
