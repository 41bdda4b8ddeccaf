#include "telemetry/metrics.h"

#include <prometheus/text_serializer.h>

#include <catch2/catch.hpp>

namespace atelier::telemetry {

TEST_CASE("A process that did nothing yet already shows every metric without labels", "[metrics]") {
  const Metrics metrics;
  const std::string page = prometheus::TextSerializer().Serialize(metrics.registry()->Collect());
  for (const char* name :
       {"atelier_queue_depth 0", "atelier_running_jobs 0", "atelier_jobs_submitted_total 0",
        "atelier_leases_expired_total 0", "atelier_lost_lease_calls_total 0",
        "atelier_submits_joined_total 0", "atelier_jobs_expired_total 0",
        "atelier_jobs_quarantined_total 0", "atelier_jobs_pruned_total 0",
        "atelier_completions_refused_total 0", "atelier_blob_bytes 0",
        "atelier_blobs_collected_total 0", "atelier_job_duration_seconds_count 0",
        "atelier_step_duration_seconds_count 0", "atelier_batch_size_count 0",
        "atelier_prepare_duration_seconds_count 0"}) {
    CHECK_THAT(page, Catch::Contains(name));
  }
}

TEST_CASE("Outcomes and calls are counted apart by their labels", "[metrics]") {
  Metrics metrics;
  metrics.FinishedJobs("failed").Increment();
  metrics.FinishedJobs("failed").Increment();
  metrics.FinishedJobs("succeeded").Increment();
  metrics.Rpcs("atelier.v1.JobService/GetJob", "NOT_FOUND").Increment();
  CHECK(metrics.FinishedJobs("failed").Value() == 2);
  CHECK(metrics.FinishedJobs("succeeded").Value() == 1);
  const std::string page = prometheus::TextSerializer().Serialize(metrics.registry()->Collect());
  CHECK_THAT(page, Catch::Contains("atelier_rpcs_total{code=\"NOT_FOUND\","
                                   "method=\"atelier.v1.JobService/GetJob\"} 1"));
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
