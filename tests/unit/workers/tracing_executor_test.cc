#include "runtime/tracing_executor.h"

#include <catch2/catch.hpp>

#include "atelier/v1/pose.grpc.pb.h"
#include "generation/conditions/perception_client.h"
#include "rpc/server.h"
#include "telemetry/trace.h"

namespace atelier::runtime {
namespace {

const std::string kTrace = "4bf92f3577b34da6a3ce929d0e0e4736";

/// Notes the call that its jobs are prepared under.
class NotingExecutor : public BatchExecutor {
 public:
  Result<std::unique_ptr<PreparedJob>> Prepare(const v1::LeasedJob&, std::stop_token) override {
    seen = telemetry::CurrentCall();
    if (on_prepare) on_prepare();
    return std::make_unique<PreparedJob>();
  }
  void Paint(std::span<PreparedJob* const>, BatchEvents&) override {}

  telemetry::CallIds seen;
  std::function<void()> on_prepare;
};

/// Notes the trace and request id of its calls.
class NotingPose final : public v1::PoseService::Service {
 public:
  grpc::Status EstimatePose(grpc::ServerContext*, const v1::EstimatePoseRequest*,
                            v1::EstimatePoseResponse*) override {
    seen = telemetry::CurrentCall();
    return {grpc::StatusCode::FAILED_PRECONDITION, "nobody"};
  }
  telemetry::CallIds seen;
};

std::string TraceOf(const telemetry::CallIds& ids) {
  const auto trace = telemetry::ParseTraceparent(ids.traceparent);
  return trace ? trace->trace_id : "none";
}

v1::LeasedJob TracedJob() {
  v1::LeasedJob job;
  job.set_job("jobs/abc");
  job.set_traceparent("00-" + kTrace + "-00f067aa0ba902b7-01");
  return job;
}

}  // namespace

TEST_CASE("A job is prepared under its submitter's trace, and the thread is free of it after",
          "[tracing]") {
  NotingExecutor inner;
  TracingExecutor executor(inner);
  REQUIRE(executor.Prepare(TracedJob(), {}).has_value());
  CHECK(TraceOf(inner.seen) == kTrace);
  CHECK(inner.seen.request_id == "abc");
  CHECK(telemetry::CurrentCall().traceparent.empty());
}

TEST_CASE("A job without a trace, or with a broken one, stays in the call that paints it",
          "[tracing]") {
  NotingExecutor inner;
  TracingExecutor executor(inner);
  const std::string own = telemetry::NewTrace().ToString();
  const telemetry::CallScope call({own, "r-1"});
  v1::LeasedJob job;
  job.set_traceparent("forged\nline");
  REQUIRE(executor.Prepare(job, {}).has_value());
  CHECK(inner.seen.traceparent == own);
  CHECK(inner.seen.request_id == "r-1");
}

TEST_CASE("The pose service is called in the trace of the job that needs it", "[tracing]") {
  NotingPose pose;
  const auto server = rpc::Server::Start({}, {&pose});
  REQUIRE(server.has_value());
  const auto channel = rpc::Connect("127.0.0.1:" + std::to_string((*server)->port()));
  const auto perception = generation::MakePerceptionClient(channel, channel);
  NotingExecutor inner;
  inner.on_prepare = [&] {
    const Image picture(8, 8, 3);
    CHECK_FALSE(perception->EstimatePose(picture, {}, {.iuv = true}, {}, {}).has_value());
  };
  TracingExecutor executor(inner);
  REQUIRE(executor.Prepare(TracedJob(), {}).has_value());
  CHECK(TraceOf(pose.seen) == kTrace);
  CHECK(pose.seen.request_id == "abc");
}

}  // namespace atelier::runtime
