#include "telemetry/metrics.h"

#include <prometheus/exposer.h>

#include <exception>
#include <utility>

namespace atelier::telemetry {
namespace {

using prometheus::Histogram;
using prometheus::Registry;

prometheus::Gauge& AddGauge(Registry& registry, const char* name, const char* help) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(registry).Add({});
}

prometheus::Counter& AddCounter(Registry& registry, const char* name, const char* help) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(registry).Add({});
}

Histogram& AddHistogram(Registry& registry, const char* name, const char* help,
                        Histogram::BucketBoundaries buckets) {
  return prometheus::BuildHistogram().Name(name).Help(help).Register(registry).Add(
      {}, std::move(buckets));
}

// Seconds from a cached tiny picture to a full-size one on a slow machine.
Histogram::BucketBoundaries JobBuckets() {
  return {0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 3600};
}

Histogram::BucketBoundaries StepBuckets() {
  return {0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30};
}

}  // namespace

Metrics::Metrics() : Metrics(std::make_shared<Registry>()) {}

Metrics::Metrics(std::shared_ptr<Registry> registry)
    : queue_depth(AddGauge(*registry, "atelier_queue_depth", "Jobs waiting for a worker")),
      running_jobs(AddGauge(*registry, "atelier_running_jobs", "Jobs under a lease")),
      submitted_jobs(AddCounter(*registry, "atelier_jobs_submitted_total", "Jobs accepted")),
      expired_leases(AddCounter(*registry, "atelier_leases_expired_total", "Leases that ran out")),
      lost_lease_calls(AddCounter(*registry, "atelier_lost_lease_calls_total",
                                  "Worker calls refused because their lease was lost")),
      job_seconds(AddHistogram(*registry, "atelier_job_duration_seconds",
                               "Submission to final state of a job", JobBuckets())),
      step_seconds(AddHistogram(*registry, "atelier_step_duration_seconds",
                                "One denoising step of a batch", StepBuckets())),
      batch_size(AddHistogram(*registry, "atelier_batch_size", "Jobs painted in one batch",
                              {1, 2, 4, 8, 16, 32, 64})),
      prepare_seconds(AddHistogram(*registry, "atelier_prepare_duration_seconds",
                                   "Pose, regions and decoding of one job", StepBuckets())),
      registry_(registry),
      finished_jobs_(&prometheus::BuildCounter()
                          .Name("atelier_jobs_finished_total")
                          .Help("Jobs by the final state they reached")
                          .Register(*registry)),
      rpcs_(&prometheus::BuildCounter()
                 .Name("atelier_rpcs_total")
                 .Help("Served calls by method and status code")
                 .Register(*registry)) {}

prometheus::Counter& Metrics::FinishedJobs(const std::string& outcome) {
  return finished_jobs_->Add({{"outcome", outcome}});
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
    return MakeError(Code::kUnavailable, "CANNOT_LISTEN",
                     "cannot serve metrics on " + address + ": " + error.what());
  }
}

int MetricsServer::port() const {
  const std::vector<int> ports = impl_->exposer.GetListeningPorts();
  return ports.empty() ? 0 : ports.front();
}

}  // namespace atelier::telemetry
