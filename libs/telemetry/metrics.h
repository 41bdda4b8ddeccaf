// The one list of metrics of every Atelier process, and the HTTP page that shows them.
//
// A process makes one Metrics, hands references to the parts that count, and serves it with
// MetricsServer. Thread-safe. docs/metrics.md documents each line below.
#pragma once

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <memory>
#include <string>

#include "base/result.h"

namespace atelier::telemetry {

class Metrics {
 public:
  Metrics();

  /// Server: jobs waiting now.
  prometheus::Gauge& queue_depth;
  /// Server: jobs leased now.
  prometheus::Gauge& running_jobs;
  /// Server: jobs accepted.
  prometheus::Counter& submitted_jobs;
  /// Server: jobs by final state; `outcome` is succeeded, failed, cancelled or expired.
  prometheus::Counter& FinishedJobs(const std::string& outcome);
  /// Server: leases that ran out.
  prometheus::Counter& expired_leases;
  /// Server: calls refused because their lease was lost.
  prometheus::Counter& lost_lease_calls;
  /// Server: queueing to final state.
  prometheus::Histogram& job_seconds;
  /// Worker: one denoising step of a batch.
  prometheus::Histogram& step_seconds;
  /// Worker: jobs in a batch.
  prometheus::Histogram& batch_size;
  /// Worker: pose + region + decoding of a job.
  prometheus::Histogram& prepare_seconds;
  /// Every process: RPCs by method and code.
  prometheus::Counter& Rpcs(const std::string& method, const std::string& code);

  const std::shared_ptr<prometheus::Registry>& registry() const { return registry_; }

 private:
  explicit Metrics(std::shared_ptr<prometheus::Registry> registry);

  std::shared_ptr<prometheus::Registry> registry_;
  prometheus::Family<prometheus::Counter>* finished_jobs_;
  prometheus::Family<prometheus::Counter>* rpcs_;
};

/// Serves GET /metrics on `address` ("host:port", port 0 = any free one).
class MetricsServer {
 public:
  static Result<std::unique_ptr<MetricsServer>> Start(const std::string& address,
                                                      const Metrics& metrics);
  ~MetricsServer();
  int port() const;

 private:
  struct Impl;
  explicit MetricsServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace atelier::telemetry
