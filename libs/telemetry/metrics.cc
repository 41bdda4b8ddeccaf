#include "telemetry/metrics.h"

#include <dlfcn.h>
#include <prometheus/collectable.h>
#include <prometheus/exposer.h>
#include <pthread.h>

#include <algorithm>
#include <cerrno>
#include <exception>
#include <utility>

#include "base/version.h"
#include "system/listen_check.h"
#include "system/listening_sockets.h"
#include "telemetry/process_usage.h"

namespace atelier::telemetry {
namespace {

using prometheus::Histogram;

}  // namespace

// The registry, and beside it a note of every family that was put in.
struct Metrics::Catalog : prometheus::Registry {
  std::vector<MetricFamily> families;
};

namespace {

template <typename Builder, typename Registry>
auto& AddFamily(Builder builder, Registry& catalog, MetricFamily family) {
  auto& added = builder.Name(family.name).Help(family.help).Register(catalog);
  catalog.families.push_back(std::move(family));
  return added;
}

template <typename Catalog>
prometheus::Family<prometheus::Gauge>& AddGauges(Catalog& catalog, const char* name,
                                                 const char* help) {
  return AddFamily(prometheus::BuildGauge(), catalog, {name, "gauge", help});
}

template <typename Catalog>
prometheus::Gauge& AddGauge(Catalog& catalog, const char* name, const char* help) {
  return AddGauges(catalog, name, help).Add({});
}

template <typename Catalog>
prometheus::Family<prometheus::Counter>& AddCounters(Catalog& catalog, const char* name,
                                                     const char* help) {
  return AddFamily(prometheus::BuildCounter(), catalog, {name, "counter", help});
}

template <typename Catalog>
prometheus::Counter& AddCounter(Catalog& catalog, const char* name, const char* help) {
  return AddCounters(catalog, name, help).Add({});
}

template <typename Catalog>
prometheus::Family<Histogram>& AddHistograms(Catalog& catalog, const char* name, const char* help) {
  return AddFamily(prometheus::BuildHistogram(), catalog, {name, "histogram", help});
}

template <typename Catalog>
Histogram& AddHistogram(Catalog& catalog, const char* name, const char* help,
                        Histogram::BucketBoundaries buckets) {
  return AddHistograms(catalog, name, help).Add({}, std::move(buckets));
}

// Models, and reasons of failures, that get a label of their own. A studio has a few of the first;
// the second come from workers, whose list is not ours to know.
constexpr size_t kMaxModels = 64;
constexpr size_t kMaxReasons = 64;
// Those who get a bill.
constexpr size_t kMaxTenants = 256;

// Seconds from a cached tiny picture to a full-size one on a slow machine.
Histogram::BucketBoundaries JobBuckets() {
  return {0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 3600};
}

// From a look at one row to a stream that follows a job of minutes.
Histogram::BucketBoundaries RpcBuckets() {
  return {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300};
}

Histogram::BucketBoundaries StepBuckets() {
  return {0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30};
}

}  // namespace

Metrics::Metrics() : Metrics(std::make_shared<Catalog>()) {}

Metrics::Metrics(const std::shared_ptr<Catalog>& registry)
    : queue_depth(AddGauge(*registry, "atelier_queue_depth", "Jobs waiting for a worker")),
      running_jobs(AddGauge(*registry, "atelier_running_jobs", "Jobs under a lease")),
      submitted_jobs(AddCounter(*registry, "atelier_jobs_submitted_total", "Jobs accepted")),
      joined_submits(AddCounter(*registry, "atelier_submits_joined_total",
                                "Submits that joined the older job of their request_id")),
      expired_jobs(AddCounter(*registry, "atelier_jobs_expired_total",
                              "Queued jobs whose time to live was over")),
      quarantined_jobs(AddCounter(*registry, "atelier_jobs_quarantined_total",
                                  "Jobs that no worker survived, given up")),
      pruned_jobs(AddCounter(*registry, "atelier_jobs_pruned_total",
                             "Finished jobs forgotten after their retention")),
      deleted_jobs(AddCounter(*registry, "atelier_jobs_deleted_total",
                              "Finished jobs that a client deleted")),
      expired_leases(AddCounter(*registry, "atelier_leases_expired_total", "Leases that ran out")),
      lost_lease_calls(AddCounter(*registry, "atelier_lost_lease_calls_total",
                                  "Worker calls refused because their lease was lost")),
      refused_completions(AddCounter(*registry, "atelier_completions_refused_total",
                                     "Results refused because they came late or twice")),
      blob_bytes(AddGauge(*registry, "atelier_blob_bytes", "Bytes of the stored pictures")),
      collected_blobs(AddCounter(*registry, "atelier_blobs_collected_total",
                                 "Pictures removed because nothing names them")),
      job_seconds(AddHistogram(*registry, "atelier_job_duration_seconds",
                               "Submission to final state of a job", JobBuckets())),
      step_seconds(AddHistogram(*registry, "atelier_step_duration_seconds",
                                "One denoising step of a batch", StepBuckets())),
      batch_size(AddHistogram(*registry, "atelier_batch_size", "Jobs painted in one batch",
                              {1, 2, 4, 8, 16, 32, 64})),
      prepare_seconds(AddHistogram(*registry, "atelier_prepare_duration_seconds",
                                   "Pose, regions and decoding of one job", StepBuckets())),
      condition_hits(AddCounter(*registry, "atelier_condition_cache_hits_total",
                                "Pictures whose conditions were still known")),
      condition_misses(AddCounter(*registry, "atelier_condition_cache_misses_total",
                                  "Pictures whose conditions had to be read")),
      condition_bytes(
          AddGauge(*registry, "atelier_condition_cache_bytes", "Bytes of the kept conditions")),
      registry_(registry),
      catalog_(registry),
      queued_jobs_(
          AddGauges(*registry, "atelier_queued_jobs", "Jobs waiting for a worker, by model")),
      oldest_queued_(AddGauges(*registry, "atelier_oldest_queued_job_age_seconds",
                               "Age of the oldest job that waits for a worker, by model")),
      workers_(AddGauges(*registry, "atelier_workers", "Living workers that hold the model")),
      tenant_device_seconds_(AddCounters(*registry, "atelier_tenant_device_seconds_total",
                                         "Seconds of workers' devices that the jobs of the tenant "
                                         "took, lost attempts not counted")),
      tenant_pictures_(AddCounters(*registry, "atelier_tenant_pictures_total",
                                   "Pictures that jobs of the tenant ended with")),
      tenant_stored_bytes_(AddGauges(*registry, "atelier_tenant_stored_bytes",
                                     "Bytes of the pictures that the tenant stored")),
      refused_submits_(AddCounters(*registry, "atelier_submits_refused_total",
                                   "Submits that queue or storage refused, by reason")),
      finished_jobs_(AddCounters(*registry, "atelier_jobs_finished_total",
                                 "Jobs by the final state they reached")),
      job_warnings_(AddCounters(*registry, "atelier_job_warnings_total",
                                "Warnings of jobs that ended, by reason")),
      failed_jobs_(
          AddCounters(*registry, "atelier_jobs_failed_total", "Jobs that failed, by error_reason")),
      refused_calls_(AddCounters(*registry, "atelier_calls_refused_total",
                                 "Calls refused because of who called, by reason")),
      storage_failures_(AddCounters(*registry, "atelier_storage_failures_total",
                                    "Writes of jobs and pictures that failed, by reason")),
      disk_free_(AddGauges(*registry, "atelier_data_disk_free_bytes",
                           "Bytes that may still be written to the disk of the data folder")),
      disk_size_(AddGauges(*registry, "atelier_data_disk_size_bytes",
                           "Bytes of the disk of the data folder")),
      gpu_used_(AddGauges(*registry, "atelier_gpu_memory_used_bytes",
                          "Memory in use on the GPU, by whichever process")),
      gpu_size_(AddGauges(*registry, "atelier_gpu_memory_size_bytes", "Memory of the GPU")),
      rpcs_(AddCounters(*registry, "atelier_rpcs_total", "Served calls by method and status code")),
      rpc_seconds_(AddHistograms(*registry, "atelier_rpc_duration_seconds",
                                 "Arrival to end of a served call, streams included")),
      resident_bytes_(AddGauge(*registry, "process_resident_memory_bytes",
                               "Memory of this process that is in RAM")),
      virtual_bytes_(AddGauge(*registry, "process_virtual_memory_bytes",
                              "Address space of this process, mapped weights included")),
      cpu_seconds_(AddCounter(*registry, "process_cpu_seconds_total",
                              "User and system time of all threads of this process")),
      open_files_(
          AddGauge(*registry, "process_open_fds", "Open files and sockets of this process")),
      max_files_(
          AddGauge(*registry, "process_max_fds", "Files and sockets that this process may open")),
      start_time_(AddGauge(*registry, "process_start_time_seconds",
                           "When this process started, in seconds since 1970")),
      models_(kMaxModels),
      reasons_(kMaxReasons),
      tenants_(kMaxTenants) {
  AddGauges(*registry, "atelier_build_info", "1; the version is its label")
      .Add({{"version", kVersion}})
      .Set(1);
  // A rate over a counter misses the step from nothing to one: what alerts watch starts at 0.
  for (const char* outcome : {"succeeded", "failed", "cancelled", "expired"}) FinishedJobs(outcome);
  for (const char* reason :
       {"STORAGE_FULL", "STORAGE_FAILED", "STORAGE_UNAVAILABLE", "STORE_FAILED"}) {
    StorageFailures(reason);
  }
}

const std::vector<MetricFamily>& Metrics::families() const { return catalog_->families; }

prometheus::Gauge& Metrics::QueuedJobs(const std::string& model) {
  return queued_jobs_.Add({{"model", model}});
}

prometheus::Gauge& Metrics::OldestQueuedSeconds(const std::string& model) {
  return oldest_queued_.Add({{"model", model}});
}

prometheus::Gauge& Metrics::Workers(const std::string& model) {
  return workers_.Add({{"model", model}});
}

prometheus::Counter& Metrics::TenantDeviceSeconds(const std::string& tenant) {
  return tenant_device_seconds_.Add({{"tenant", tenant}});
}

prometheus::Counter& Metrics::TenantPictures(const std::string& tenant) {
  return tenant_pictures_.Add({{"tenant", tenant}});
}

prometheus::Gauge& Metrics::TenantStoredBytes(const std::string& tenant) {
  return tenant_stored_bytes_.Add({{"tenant", tenant}});
}

prometheus::Counter& Metrics::RefusedSubmits(const std::string& reason) {
  return refused_submits_.Add({{"reason", reasons_.Of(reason)}});
}

prometheus::Counter& Metrics::FinishedJobs(const std::string& outcome) {
  return finished_jobs_.Add({{"outcome", outcome}});
}

prometheus::Counter& Metrics::JobWarnings(const std::string& reason) {
  return job_warnings_.Add({{"reason", reasons_.Of(reason)}});
}

prometheus::Counter& Metrics::FailedJobs(const std::string& reason) {
  return failed_jobs_.Add({{"reason", reasons_.Of(reason)}});
}

prometheus::Counter& Metrics::RefusedCalls(const std::string& reason) {
  return refused_calls_.Add({{"reason", reason}});
}

prometheus::Counter& Metrics::StorageFailures(const std::string& reason) {
  return storage_failures_.Add({{"reason", reason}});
}

prometheus::Gauge& Metrics::DataDiskFreeBytes() { return disk_free_.Add({}); }
prometheus::Gauge& Metrics::DataDiskSizeBytes() { return disk_size_.Add({}); }

prometheus::Gauge& Metrics::GpuMemoryUsedBytes(const std::string& device) {
  return gpu_used_.Add({{"device", device}});
}

prometheus::Gauge& Metrics::GpuMemorySizeBytes(const std::string& device) {
  return gpu_size_.Add({{"device", device}});
}

void Metrics::CountRpc(const std::string& method, Code code, double seconds) {
  const std::string name = method.starts_with('/') ? method.substr(1) : method;
  const prometheus::Labels labels = {{"method", name}, {"code", std::string(CodeName(code))}};
  rpcs_.Add(labels).Increment();
  rpc_seconds_.Add(labels, RpcBuckets()).Observe(seconds);
}

void Metrics::OnScrape(std::function<void()> refresh) {
  const MutexLock lock(scrape_mutex_);
  refreshes_.push_back(std::move(refresh));
}

std::vector<prometheus::MetricFamily> Metrics::Collect() const {
  const MutexLock lock(scrape_mutex_);
  RefreshProcess();
  for (const auto& refresh : refreshes_) refresh();
  return registry_->Collect();
}

void Metrics::RefreshProcess() const {
  const ProcessUsage usage = ReadProcessUsage();
  resident_bytes_.Set(static_cast<double>(usage.resident_bytes));
  virtual_bytes_.Set(static_cast<double>(usage.virtual_bytes));
  cpu_seconds_.Increment(std::max(0.0, usage.cpu_seconds - cpu_seconds_.Value()));
  open_files_.Set(static_cast<double>(usage.open_files));
  max_files_.Set(static_cast<double>(usage.max_files));
  start_time_.Set(usage.start_time_seconds);
}

namespace {

/// The metrics as the HTTP server asks for them.
class Page : public prometheus::Collectable {
 public:
  explicit Page(const Metrics& metrics) : metrics_(metrics) {}
  std::vector<prometheus::MetricFamily> Collect() const override { return metrics_.Collect(); }

 private:
  const Metrics& metrics_;
};

}  // namespace

struct MetricsServer::Impl {
  Impl(const std::string& address, const Metrics& metrics)
      : page(std::make_shared<Page>(metrics)), exposer(address) {}
  // civetweb sees that it is to end when its wait for a connection is over, which may be two
  // seconds later: a socket that listens no more ends the wait.
  ~Impl() {
    for (const int port : exposer.GetListeningPorts()) {
      for (const int descriptor : ListeningSockets(port)) StopListening(descriptor);
    }
  }
  const std::shared_ptr<Page> page;  // The server keeps no share in it.
  prometheus::Exposer exposer;
};

MetricsServer::MetricsServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
MetricsServer::~MetricsServer() = default;

// Seam: civetweb throws when it cannot listen.
Result<std::unique_ptr<MetricsServer>> MetricsServer::Start(const std::string& address,
                                                            const Metrics& metrics) {
  try {
    auto impl = std::make_unique<Impl>(address, metrics);
    impl->exposer.RegisterCollectable(impl->page);
    return std::unique_ptr<MetricsServer>(new MetricsServer(std::move(impl)));
  } catch (const std::exception& error) {
    // civetweb does not say why.
    ATELIER_RETURN_IF_ERROR(CheckCanListen(address));
    return MakeError(Code::kUnavailable, "CANNOT_LISTEN",
                     "cannot serve metrics on " + address + ": " + error.what());
  }
}

int MetricsServer::port() const {
  const std::vector<int> ports = impl_->exposer.GetListeningPorts();
  return ports.empty() ? 0 : ports.front();
}

}  // namespace atelier::telemetry

// In place of libc's: civetweb asks for threads with 100 KiB of stack, of which glibc takes the
// thread-local variables of every library in the process. CUDA's have more than that, and no thread
// would start.
extern "C" int pthread_attr_setstacksize(pthread_attr_t* attributes, size_t bytes) noexcept {
  constexpr size_t kLeastStackBytes = 1 << 20;
  using Function = int (*)(pthread_attr_t*, size_t);
  static const auto libc =
      reinterpret_cast<Function>(::dlsym(RTLD_NEXT, "pthread_attr_setstacksize"));
  return libc == nullptr ? EINVAL : libc(attributes, std::max(bytes, kLeastStackBytes));
}
