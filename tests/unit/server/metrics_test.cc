#include "telemetry/metrics.h"

#include <prometheus/text_serializer.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <ctime>
#include <fstream>

#include "base/version.h"

namespace atelier::telemetry {

/// As CUDA's libraries bring them along: glibc takes them out of each thread's stack. Not of this
/// file alone, so that the compiler keeps them.
thread_local char thread_local_variables[256 << 10];

TEST_CASE("A process that did nothing yet already shows every metric without labels", "[metrics]") {
  const Metrics metrics;
  const std::string page = prometheus::TextSerializer().Serialize(metrics.Collect());
  for (const char* name :
       {"atelier_queue_depth 0", "atelier_running_jobs 0", "atelier_jobs_submitted_total 0",
        "atelier_leases_expired_total 0", "atelier_lost_lease_calls_total 0",
        "atelier_submits_joined_total 0", "atelier_jobs_expired_total 0",
        "atelier_jobs_quarantined_total 0", "atelier_jobs_pruned_total 0",
        "atelier_completions_refused_total 0", "atelier_blob_bytes 0",
        "atelier_blobs_collected_total 0", "atelier_job_duration_seconds_count 0",
        "atelier_step_duration_seconds_count 0", "atelier_batch_size_count 0",
        "atelier_prepare_duration_seconds_count 0",
        "atelier_jobs_finished_total{outcome=\"failed\"} 0",
        "atelier_storage_failures_total{reason=\"STORAGE_FULL\"} 0"}) {
    CHECK_THAT(page, Catch::Contains(name));
  }
}

TEST_CASE("Outcomes and calls are counted apart by their labels", "[metrics]") {
  Metrics metrics;
  metrics.FinishedJobs("failed").Increment();
  metrics.FinishedJobs("failed").Increment();
  metrics.FinishedJobs("succeeded").Increment();
  metrics.CountRpc("/atelier.v1.JobService/GetJob", Code::kNotFound, 0.03);
  metrics.CountRpc("other", Code::kUnimplemented, 0);
  CHECK(metrics.FinishedJobs("failed").Value() == 2);
  CHECK(metrics.FinishedJobs("succeeded").Value() == 1);
  const std::string page = prometheus::TextSerializer().Serialize(metrics.Collect());
  CHECK_THAT(page, Catch::Contains("atelier_rpcs_total{code=\"NOT_FOUND\","
                                   "method=\"atelier.v1.JobService/GetJob\"} 1"));
  CHECK_THAT(page, Catch::Contains("atelier_rpc_duration_seconds_bucket{code=\"NOT_FOUND\","
                                   "method=\"atelier.v1.JobService/GetJob\",le=\"0.025\"} 0"));
  CHECK_THAT(page, Catch::Contains("atelier_rpc_duration_seconds_bucket{code=\"NOT_FOUND\","
                                   "method=\"atelier.v1.JobService/GetJob\",le=\"0.05\"} 1"));
  CHECK_THAT(page, Catch::Contains("atelier_rpcs_total{code=\"UNIMPLEMENTED\","
                                   "method=\"other\"} 1"));
}

TEST_CASE("A worker that makes up models and reasons makes no label of each", "[metrics]") {
  Metrics metrics;
  for (int i = 0; i < 1000; ++i) {
    metrics.FailedJobs("REASON_" + std::to_string(i)).Increment();
    metrics.QueuedJobs(metrics.ModelLabel("models/" + std::to_string(i))).Increment();
  }
  size_t failed = 0;
  size_t queued = 0;
  double all = 0;
  for (const prometheus::MetricFamily& family : metrics.Collect()) {
    if (family.name == "atelier_queued_jobs") queued = family.metric.size();
    if (family.name != "atelier_jobs_failed_total") continue;
    failed = family.metric.size();
    for (const auto& metric : family.metric) all += metric.counter.value;
  }
  CHECK(failed == 65);
  CHECK(queued == 65);
  CHECK(all == 1000);
  CHECK(metrics.FailedJobs("REASON_0").Value() == 1);
  CHECK(metrics.FailedJobs("other").Value() == 936);
}

TEST_CASE("A page of metrics opens beside libraries with large thread-local variables",
          "[metrics]") {
  const Metrics metrics;
  CHECK(MetricsServer::Start("127.0.0.1:0", metrics));
}

TEST_CASE("A page of metrics that waits for scrapes closes at once", "[metrics]") {
  const Metrics metrics;
  const auto started = std::chrono::steady_clock::now();
  for (int i = 0; i < 5; ++i) REQUIRE(MetricsServer::Start("127.0.0.1:0", metrics));
  // One that sits its wait out takes two seconds.
  CHECK(std::chrono::steady_clock::now() - started < std::chrono::seconds(2));
}

TEST_CASE("Each scrape reads anew what this process takes of its machine", "[metrics]") {
  Metrics metrics;
  int scrapes = 0;
  metrics.OnScrape([&] { metrics.queue_depth.Set(++scrapes); });
  const auto value = [&](const std::string& name) {
    for (const prometheus::MetricFamily& family : metrics.Collect()) {
      if (family.name != name) continue;
      const auto& metric = family.metric.at(0);
      return family.type == prometheus::MetricType::Counter ? metric.counter.value
                                                            : metric.gauge.value;
    }
    return -1.0;
  };
  CHECK(value("atelier_queue_depth") == 1);
  CHECK(value("atelier_queue_depth") == 2);
  // More than its code, less than any machine has.
  CHECK(value("process_resident_memory_bytes") > 1e6);
  CHECK(value("process_resident_memory_bytes") < value("process_virtual_memory_bytes"));
  const double now = static_cast<double>(std::time(nullptr));
  CHECK(value("process_start_time_seconds") > now - 3600);
  CHECK(value("process_start_time_seconds") < now + 60);

  const double files = value("process_open_fds");
  CHECK(files >= 3);
  CHECK(files < value("process_max_fds"));
  const std::ifstream file("/dev/null");
  CHECK(value("process_open_fds") == files + 1);

  const double before = value("process_cpu_seconds_total");
  while (value("process_cpu_seconds_total") == before) {  // Reading costs time of its own.
  }
  CHECK(value("process_cpu_seconds_total") > before);
}

TEST_CASE("The version that runs is on every page", "[metrics]") {
  const Metrics metrics;
  const std::string page = prometheus::TextSerializer().Serialize(metrics.Collect());
  CHECK_THAT(page,
             Catch::Contains("atelier_build_info{version=\"" + std::string(kVersion) + "\"} 1"));
}

TEST_CASE("A metrics page whose port is taken is refused with the address", "[metrics]") {
  const Metrics metrics;
  const auto first = MetricsServer::Start("127.0.0.1:0", metrics);
  REQUIRE(first.has_value());
  REQUIRE((*first)->port() > 0);
  const std::string address = "127.0.0.1:" + std::to_string((*first)->port());
  const auto second = MetricsServer::Start(address, metrics);
  REQUIRE_FALSE(second.has_value());
  CHECK_THAT(second.error().message, Catch::Contains(address));
}

}  // namespace atelier::telemetry
