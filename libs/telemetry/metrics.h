// The one list of metrics of every Atelier process, and the HTTP page that shows them.
//
// A process makes one Metrics, hands references to the parts that count, and serves it with
// MetricsServer. What is measured and not counted (memory, the queue's age) is read when somebody
// scrapes: see OnScrape(). Labels take few values: what comes from outside goes through a
// BoundedLabel. Thread-safe. docs/metrics.md shows the same list; a test compares them.
#pragma once

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/metric_family.h>
#include <prometheus/registry.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "base/result.h"
#include "telemetry/bounded_label.h"

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
  /// Server, by model. Several models may share the label "other": set sums, not single values.
  /// `model` is what ModelLabel() made of its name.
  prometheus::Gauge& QueuedJobs(const std::string& model);
  /// Server: how long the oldest queued job of the model waits; 0 when none does.
  prometheus::Gauge& OldestQueuedSeconds(const std::string& model);
  /// Server: workers alive that hold the model.
  prometheus::Gauge& Workers(const std::string& model);
  std::string ModelLabel(const std::string& model) { return models_.Of(model); }
  /// Server: jobs accepted.
  prometheus::Counter& submitted_jobs;
  /// Server: submits that joined the older job of their request_id.
  prometheus::Counter& joined_submits;
  /// Server: what a tenant used since its database was made. `tenant` is what TenantLabel() made of
  /// its name; several may share the label "other": set sums.
  prometheus::Counter& TenantDeviceSeconds(const std::string& tenant);
  prometheus::Counter& TenantPictures(const std::string& tenant);
  /// Server: bytes of the pictures that the tenant stored.
  prometheus::Gauge& TenantStoredBytes(const std::string& tenant);
  std::string TenantLabel(const std::string& tenant) { return tenants_.Of(tenant); }
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
  /// Server: failed jobs by their error_reason.
  prometheus::Counter& FailedJobs(const std::string& reason);
  /// Server: calls refused because of who called, or who did not say; `reason` is NO_CREDENTIALS,
  /// BAD_TOKEN, NO_RIGHT, ...
  prometheus::Counter& RefusedCalls(const std::string& reason);
  /// Server: writes of jobs and pictures that failed; `reason` is STORAGE_FULL, ...
  prometheus::Counter& StorageFailures(const std::string& reason);
  /// Server: the disk that holds the data folder. On the page once they were set.
  prometheus::Gauge& DataDiskFreeBytes();
  prometheus::Gauge& DataDiskSizeBytes();
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
  /// Worker: memory of a GPU, "cuda:0". On the page once they were set.
  prometheus::Gauge& GpuMemoryUsedBytes(const std::string& device);
  prometheus::Gauge& GpuMemorySizeBytes(const std::string& device);
  /// Every process: a served call of `method` ("/atelier.v1.JobService/GetJob") took `seconds`.
  /// REQUIRES: `method` is none that a client made up; see rpc::ServerOptions::on_call_end.
  void CountRpc(const std::string& method, Code code, double seconds);

  /// `refresh` is called before each scrape, one at a time. What it uses must outlive every
  /// MetricsServer of this object. Call before the first scrape.
  void OnScrape(std::function<void()> refresh);
  /// What a scrape shows.
  std::vector<prometheus::MetricFamily> Collect() const;
  /// Every family above, those that nothing was counted in yet included.
  const std::vector<MetricFamily>& families() const;

 private:
  struct Catalog;
  template <typename Metric>
  using Family = prometheus::Family<Metric>;

  explicit Metrics(const std::shared_ptr<Catalog>& registry);
  void RefreshProcess() const;

  std::shared_ptr<prometheus::Registry> registry_;
  /// registry_ itself, which keeps the list of families.
  std::shared_ptr<Catalog> catalog_;
  Family<prometheus::Gauge>& queued_jobs_;
  Family<prometheus::Gauge>& oldest_queued_;
  Family<prometheus::Gauge>& workers_;
  Family<prometheus::Counter>& tenant_device_seconds_;
  Family<prometheus::Counter>& tenant_pictures_;
  Family<prometheus::Gauge>& tenant_stored_bytes_;
  Family<prometheus::Counter>& refused_submits_;
  Family<prometheus::Counter>& finished_jobs_;
  Family<prometheus::Counter>& job_warnings_;
  Family<prometheus::Counter>& failed_jobs_;
  Family<prometheus::Counter>& refused_calls_;
  Family<prometheus::Counter>& storage_failures_;
  Family<prometheus::Gauge>& disk_free_;
  Family<prometheus::Gauge>& disk_size_;
  Family<prometheus::Gauge>& gpu_used_;
  Family<prometheus::Gauge>& gpu_size_;
  Family<prometheus::Counter>& rpcs_;
  Family<prometheus::Histogram>& rpc_seconds_;
  prometheus::Gauge& resident_bytes_;
  prometheus::Gauge& virtual_bytes_;
  prometheus::Counter& cpu_seconds_;
  prometheus::Gauge& open_files_;
  prometheus::Gauge& max_files_;
  prometheus::Gauge& start_time_;
  BoundedLabel models_;
  BoundedLabel reasons_;
  BoundedLabel tenants_;
  mutable Mutex scrape_mutex_;
  std::vector<std::function<void()>> refreshes_ GUARDED_BY(scrape_mutex_);
};

/// Serves GET /metrics on `address` ("host:port", port 0 = any free one).
class MetricsServer {
 public:
  static Result<std::unique_ptr<MetricsServer>> Start(const std::string& address,
                                                      const Metrics& metrics);
  /// Closes the page at once; a scrape that is being answered ends first.
  ~MetricsServer();
  int port() const;

 private:
  struct Impl;
  explicit MetricsServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace atelier::telemetry
