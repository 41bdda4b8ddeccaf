// The one list of metrics of every Atelier process, and the HTTP page that shows them.
//
// A process makes one Metrics, hands references to the parts that count, and serves it with
// MetricsServer. Thread-safe. docs/metrics.md shows the same list; a test compares them.
#pragma once

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"

namespace atelier::telemetry {

/// A metric as a scrape describes it.
struct MetricFamily {
  std::string name;
  /// "counter", "gauge" or "histogram".
  std::string type;
  std::string help;
};

class Metrics {
 public:
  Metrics();

  /// Server: jobs waiting now.
  prometheus::Gauge& queue_depth;
  /// Server: jobs leased now.
  prometheus::Gauge& running_jobs;
  /// Server: jobs accepted.
  prometheus::Counter& submitted_jobs;
  /// Server: submits that joined the older job of their request_id.
  prometheus::Counter& joined_submits;
  /// Server: submits that the queue refused; `reason` is QUEUE_FULL, TENANT_QUEUE_FULL, ...
  prometheus::Counter& RefusedSubmits(const std::string& reason);
  /// Server: queued jobs whose time was over.
  prometheus::Counter& expired_jobs;
  /// Server: jobs that no worker survived.
  prometheus::Counter& quarantined_jobs;
  /// Server: finished jobs forgotten after their retention.
  prometheus::Counter& pruned_jobs;
  /// Server: finished jobs that a client deleted.
  prometheus::Counter& deleted_jobs;
  /// Server: jobs by final state; `outcome` is succeeded, failed, cancelled or expired.
  prometheus::Counter& FinishedJobs(const std::string& outcome);
  /// Server: warnings of jobs that ended; `reason` is one of kWarningReasons.
  prometheus::Counter& JobWarnings(const std::string& reason);
  /// Server: leases that ran out.
  prometheus::Counter& expired_leases;
  /// Server: calls refused because their lease was lost.
  prometheus::Counter& lost_lease_calls;
  /// Server: of these, results that came late or twice.
  prometheus::Counter& refused_completions;
  /// Server: bytes of the stored pictures.
  prometheus::Gauge& blob_bytes;
  /// Server: pictures removed because nothing names them.
  prometheus::Counter& collected_blobs;
  /// Server: queueing to final state.
  prometheus::Histogram& job_seconds;
  /// Worker: one denoising step of a batch.
  prometheus::Histogram& step_seconds;
  /// Worker: jobs in a batch.
  prometheus::Histogram& batch_size;
  /// Worker: pose + region + decoding of a job.
  prometheus::Histogram& prepare_seconds;
  /// Worker: pictures whose conditions were still known.
  prometheus::Counter& condition_hits;
  /// Worker: pictures whose conditions had to be read.
  prometheus::Counter& condition_misses;
  /// Worker: bytes of the kept conditions.
  prometheus::Gauge& condition_bytes;
  /// Every process: RPCs by method and code.
  prometheus::Counter& Rpcs(const std::string& method, const std::string& code);

  const std::shared_ptr<prometheus::Registry>& registry() const { return registry_; }
  /// Every family above, those that nothing was counted in yet included.
  const std::vector<MetricFamily>& families() const;

 private:
  struct Catalog;
  explicit Metrics(const std::shared_ptr<Catalog>& registry);

  std::shared_ptr<prometheus::Registry> registry_;
  /// registry_ itself, which keeps the list of families.
  std::shared_ptr<Catalog> catalog_;
  prometheus::Family<prometheus::Counter>* refused_submits_;
  prometheus::Family<prometheus::Counter>* finished_jobs_;
  prometheus::Family<prometheus::Counter>* job_warnings_;
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
