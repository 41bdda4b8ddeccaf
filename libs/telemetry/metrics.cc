#include "telemetry/metrics.h"

#include <prometheus/exposer.h>

#include <exception>
#include <utility>

#include "base/listen_check.h"

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
prometheus::Gauge& AddGauge(Catalog& catalog, const char* name, const char* help) {
  return AddFamily(prometheus::BuildGauge(), catalog, {name, "gauge", help}).Add({});
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
Histogram& AddHistogram(Catalog& catalog, const char* name, const char* help,
                        Histogram::BucketBoundaries buckets) {
  return AddFamily(prometheus::BuildHistogram(), catalog, {name, "histogram", help})
      .Add({}, std::move(buckets));
}

// Seconds from a cached tiny picture to a full-size one on a slow machine.
Histogram::BucketBoundaries JobBuckets() {
  return {0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 3600};
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
      refused_submits_(&AddCounters(*registry, "atelier_submits_refused_total",
                                    "Submits that the queue refused, by reason")),
      finished_jobs_(&AddCounters(*registry, "atelier_jobs_finished_total",
                                  "Jobs by the final state they reached")),
      job_warnings_(&AddCounters(*registry, "atelier_job_warnings_total",
                                 "Warnings of jobs that ended, by reason")),
      rpcs_(&AddCounters(*registry, "atelier_rpcs_total",
                         "Served calls by method and status code")) {}

prometheus::Counter& Metrics::RefusedSubmits(const std::string& reason) {
  return refused_submits_->Add({{"reason", reason}});
}

const std::vector<MetricFamily>& Metrics::families() const { return catalog_->families; }

prometheus::Counter& Metrics::FinishedJobs(const std::string& outcome) {
  return finished_jobs_->Add({{"outcome", outcome}});
}

prometheus::Counter& Metrics::JobWarnings(const std::string& reason) {
  return job_warnings_->Add({{"reason", reason}});
}

prometheus::Counter& Metrics::Rpcs(const std::string& method, const std::string& code) {
  return rpcs_->Add({{"method", method}, {"code", code}});
}

struct MetricsServer::Impl {
  explicit Impl(const std::string& address) : exposer(address) {}
  prometheus::Exposer exposer;
};

MetricsServer::MetricsServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
MetricsServer::~MetricsServer() = default;

// Seam: civetweb throws when it cannot listen.
Result<std::unique_ptr<MetricsServer>> MetricsServer::Start(const std::string& address,
                                                            const Metrics& metrics) {
  try {
    auto impl = std::make_unique<Impl>(address);
    impl->exposer.RegisterCollectable(metrics.registry());
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
