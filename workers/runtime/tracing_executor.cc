#include "runtime/tracing_executor.h"

#include <utility>

#include "telemetry/trace.h"

namespace atelier::runtime {
namespace {

/// Without a trace of its own, as in a direct call, a job is part of the call this thread serves.
telemetry::CallIds IdsOf(const v1::LeasedJob& job) {
  telemetry::CallIds ids = telemetry::CurrentCall();
  if (const auto trace = telemetry::ParseTraceparent(job.traceparent())) {
    ids.traceparent = trace->NextSpan().ToString();
  }
  const std::string id = job.job().substr(job.job().find('/') + 1);
  if (telemetry::IsRequestId(id)) ids.request_id = id;
  return ids;
}

}  // namespace

Result<std::unique_ptr<PreparedJob>> TracingExecutor::Prepare(const v1::LeasedJob& job,
                                                              std::stop_token stop) {
  const telemetry::CallScope scope(IdsOf(job));
  return inner_.Prepare(job, std::move(stop));
}

void TracingExecutor::Paint(std::span<PreparedJob* const> jobs, BatchEvents& events) {
  inner_.Paint(jobs, events);
}

}  // namespace atelier::runtime
